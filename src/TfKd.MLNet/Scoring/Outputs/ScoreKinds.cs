using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The annotations by which ML.NET's evaluators find what belongs together: of the score and of the predicted label.</summary>
internal static class ScoreKinds
{
    /// <summary>These annotations before there are data.</summary>
    public static IReadOnlyList<SchemaShape.Column> Shape =>
    [
        new(AnnotationUtils.Kinds.ScoreColumnSetId, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, null),
        new(AnnotationUtils.Kinds.ScoreColumnKind, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false, null),
        new(AnnotationUtils.Kinds.ScoreValueKind, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false, null),
    ];

    public static void Add(DataViewSchema.Annotations.Builder annotations, string valueKind, uint setId)
    {
        annotations.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreColumnSetId, new KeyDataViewType(typeof(uint), int.MaxValue), setId);
        annotations.AddPrimitiveValue(
            AnnotationUtils.Kinds.ScoreColumnKind,
            TextDataViewType.Instance,
            AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification.AsMemory());
        annotations.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, valueKind.AsMemory());
    }

    /// <summary>A number that no column has: evaluators tell the outputs of two scorers in one pipeline apart by it.</summary>
    public static uint NextSetId(DataViewSchema schema)
    {
        var last = 0u;
        foreach (var column in schema)
        {
            var type = column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnSetId)?.Type;
            if (type is not KeyDataViewType || type.RawType != typeof(uint))
                continue;
            var id = 0u;
            column.Annotations.GetValue(AnnotationUtils.Kinds.ScoreColumnSetId, ref id);
            last = Math.Max(last, id);
        }

        return last + 1;
    }
}
