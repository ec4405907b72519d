using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What may be a label: a key, made by MapValueToKey.</summary>
internal static class LabelColumn
{
    /// <exception cref="ArgumentException">The column is missing, is no key, or has less than two classes.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = SchemaColumns.Find(schema, "Label", name);
        if (column.Type is not KeyDataViewType key)
            throw NoKey(name, ColumnTypes.Describe(column.Type));
        // The key stands before the texts that it was made of, which the schema still has.
        if (schema.Any(other => other.Name == name && ColumnMark.SeveralLabels.IsOn(other)))
        {
            throw new ArgumentException(
                $"Label column '{name}' is of a list's column labels, in which a photo may have several; expected one a photo. Set "
                + "Labels = new MultipleLabels(), without MapValueToKey, or name the column of the list label.");
        }

        if (key.Count < 2)
        {
            throw new ArgumentException(
                ClassKeys.FromLabel(column) is { AreNamed: true } classes
                    ? $"Label column '{name}' has 1 class ('{classes.Names[0]}'); expected at least 2."
                    : $"Label column '{name}' has no classes: MapValueToKey found no row with a label. Expected at least 2 classes.");
        }

        if (key.Count > int.MaxValue)
            throw new ArgumentException($"Label column '{name}' has {key.Count} classes; expected at most {int.MaxValue}.");
        return column;
    }

    /// <exception cref="ArgumentException">The column is missing or no key.</exception>
    public static SchemaShape.Column Find(SchemaShape schema, string name)
    {
        var column = SchemaColumns.Find(schema, "Label", name);
        return column.IsKey && column.Kind == SchemaShape.Column.VectorKind.Scalar
            ? column
            : throw NoKey(name, ColumnTypes.Describe(column));
    }

    private static ArgumentException NoKey(string name, string type) =>
        new(
            $"Label column '{name}' is {type}; expected a key. Append mlContext.Transforms.Conversion.MapValueToKey(\"{name}\") before " +
            "the trainer.");
}
