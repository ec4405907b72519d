using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Counts, in scored rows, what was rejected and what is right among the rest, by the columns that a transformer adds.</summary>
internal static class SelectiveColumns
{
    /// <exception cref="ArgumentException">A column is missing, or of a type that the figures cannot be taken from.</exception>
    public static SelectiveMetrics Evaluate(IDataView data, string labelName, string scoreName, string predictedName)
    {
        var schema = data.Schema;
        var label = LabelColumn.Find(schema, labelName);
        var score = SchemaColumns.Find(schema, "Score", scoreName);
        var predicted = SchemaColumns.Find(schema, "Predicted label", predictedName);
        var names = ClassKeys.FromLabel(label).Names;
        // Where the score says which classes there are, any other label is that of rejected rows.
        var classes = score.Type is VectorDataViewType { IsKnownSize: true } vector && score.HasSlotNames(vector.Size)
            ? SchemaColumns.SlotNames(score).ToHashSet(StringComparer.Ordinal)
            : null;
        var (count, accepted, right) = (0, 0, 0);
        using var cursor = data.GetRowCursor([label, predicted]);
        var getLabel = cursor.GetGetter<uint>(label);
        var getPredicted = PredictedGetter(cursor, predicted);
        while (cursor.MoveNext())
        {
            var key = 0u;
            getLabel(ref key);
            // As ML.NET's evaluators, a row without a label counts nowhere.
            if (key == 0)
                continue;
            count++;
            var answer = getPredicted();
            if (answer.Length == 0 || classes?.Contains(answer) == false)
                continue;
            accepted++;
            right += answer == names[(int)key - 1] ? 1 : 0;
        }

        return new(count, accepted, right);
    }

    private static Func<string> PredictedGetter(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
        {
            var getText = row.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return () =>
            {
                getText(ref text);
                return text.ToString();
            };
        }

        if (column.Type is not KeyDataViewType)
            throw new ArgumentException(
                $"Predicted label column '{column.Name}' is {ColumnTypes.Describe(column.Type)}; expected the key that the transformer " +
                "adds, or what MapKeyToValue makes of it, text.");
        var names = ClassKeys.FromLabel(column).Names;
        var getKey = row.GetGetter<uint>(column);
        var key = 0u;
        return () =>
        {
            getKey(ref key);
            return key == 0 ? "" : names[(int)key - 1];
        };
    }
}
