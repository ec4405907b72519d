using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The names of the columns that a transformer reads and writes.</summary>
internal sealed record TransformerColumns(string Image, string Score, string PredictedLabel)
{
    /// <summary>
    /// Appends the output columns to a schema, so that the input's columns keep their indices: the predicted label, then the score.
    /// </summary>
    public DataViewSchema AppendTo(DataViewSchema input, ClassKeys classes, Rejection? rejection)
    {
        var setId = NextScoreColumnSetId(input);
        var predicted = new DataViewSchema.Annotations.Builder();
        classes.AddPredictions(predicted, rejection?.Label);
        AddScoreKind(predicted, AnnotationUtils.Const.ScoreValueKind.PredictedLabel, setId);
        var score = new DataViewSchema.Annotations.Builder();
        classes.AddNames(score, AnnotationUtils.Kinds.SlotNames);
        classes.AddValues(score, AnnotationUtils.Kinds.TrainingLabelValues);
        AddScoreKind(score, AnnotationUtils.Const.ScoreValueKind.Score, setId);

        var schema = new DataViewSchema.Builder();
        schema.AddColumns(input);
        schema.AddColumn(
            PredictedLabel,
            new KeyDataViewType(typeof(uint), classes.Names.Count + (rejection?.Label is null ? 0 : 1)),
            predicted.ToAnnotations());
        schema.AddColumn(Score, new VectorDataViewType(NumberDataViewType.Single, classes.Names.Count), score.ToAnnotations());
        return schema.ToSchema();
    }

    private static void AddScoreKind(DataViewSchema.Annotations.Builder annotations, string valueKind, uint setId)
    {
        annotations.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreColumnSetId, new KeyDataViewType(typeof(uint), int.MaxValue), setId);
        annotations.AddPrimitiveValue(
            AnnotationUtils.Kinds.ScoreColumnKind,
            TextDataViewType.Instance,
            AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification.AsMemory());
        annotations.AddPrimitiveValue(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, valueKind.AsMemory());
    }

    // Evaluators tell the outputs of two scorers in one pipeline apart by this number.
    private static uint NextScoreColumnSetId(DataViewSchema schema)
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
