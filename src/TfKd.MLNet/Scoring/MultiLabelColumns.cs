using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Measures scored rows that may have several labels, by the columns that a transformer adds.</summary>
internal static class MultiLabelColumns
{
    /// <exception cref="ArgumentException">The scores are missing, or of another type, or say no classes.</exception>
    public static MultiLabelMetrics Evaluate(IDataView data, LabelSetColumn labels, string scoreName)
    {
        var score = SchemaColumns.Find(data.Schema, "Score", scoreName);
        if (score.Type is not VectorDataViewType { IsKnownSize: true } vector || vector.ItemType != NumberDataViewType.Single
            || !score.HasSlotNames(vector.Size))
            throw new ArgumentException(
                $"Score column '{scoreName}' is {ColumnTypes.Describe(score.Type)}; expected a vector of Single of known size, with the "
                + "class names as slot names.");
        var names = SchemaColumns.SlotNames(score);
        var scores = new MultiLabelScores(names.Length);
        using var cursor = data.GetRowCursor([score, labels.Column]);
        var (getLabels, getScores) = (labels.Open(cursor, names), cursor.GetGetter<VBuffer<float>>(score));
        VBuffer<float> values = default;
        while (cursor.MoveNext())
        {
            if (getLabels() is not { } found)
                continue;
            getScores(ref values);
            scores.AddProbabilities([.. values.DenseValues()], [.. found]);
        }

        return scores.ToMetrics(names, ThresholdsOf(score, names.Length));
    }

    private static double[]? ThresholdsOf(DataViewSchema.Column score, int count)
    {
        if (score.Annotations.Schema.GetColumnOrNull(LabelScoreColumn.Thresholds)?.Type is not VectorDataViewType { Size: var size }
            || size != count)
            return null;
        VBuffer<double> thresholds = default;
        score.Annotations.GetValue(LabelScoreColumn.Thresholds, ref thresholds);
        return [.. thresholds.DenseValues()];
    }
}
