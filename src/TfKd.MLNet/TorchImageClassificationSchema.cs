using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// The schema that a fitted trainer will give, before there is data: as of ML.NET's own trainers of multiclass classifiers.
/// </summary>
internal static class TorchImageClassificationSchema
{
    /// <exception cref="ArgumentException">A column is missing or of the wrong type.</exception>
    public static SchemaShape Append(SchemaShape input, string labelColumnName, TransformerColumns columns)
    {
        ImageColumn.Check(input, columns.Image);
        var label = LabelColumn.Find(input, labelColumnName);
        var values = label.Annotations
            .Where(annotation => annotation is { Name: AnnotationUtils.Kinds.KeyValues, Kind: SchemaShape.Column.VectorKind.Vector })
            .ToList();
        SchemaShape.Column[] kinds =
        [
            new(AnnotationUtils.Kinds.ScoreColumnSetId, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, null),
            new(AnnotationUtils.Kinds.ScoreColumnKind, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false, null),
            new(AnnotationUtils.Kinds.ScoreValueKind, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false, null),
        ];
        // ML.NET names the slots for text keys only; names of numbers read better than indices in a confusion table, and break nothing.
        var names = values.SelectMany(value => new SchemaShape.Column[]
        {
            new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false, null),
            new(AnnotationUtils.Kinds.TrainingLabelValues, SchemaShape.Column.VectorKind.Vector, value.ItemType, false, null),
        });
        SchemaShape.Column[] added =
        [
            new(
                columns.PredictedLabel,
                SchemaShape.Column.VectorKind.Scalar,
                NumberDataViewType.UInt32,
                true,
                new SchemaShape([.. values, .. kinds])),
            new(
                columns.Score,
                SchemaShape.Column.VectorKind.Vector,
                NumberDataViewType.Single,
                false,
                new SchemaShape([.. names, .. kinds])),
        ];
        return new SchemaShape(input.Where(column => added.All(output => output.Name != column.Name)).Concat(added));
    }
}
