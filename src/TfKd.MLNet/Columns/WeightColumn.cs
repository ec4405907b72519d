using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What may be the weights of the rows: a column of numbers, of any type that can be converted to Single.</summary>
internal static class WeightColumn
{
    private const string Role = "Example weight";

    /// <exception cref="ArgumentException">The column is missing or holds no numbers.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = SchemaColumns.Find(schema, Role, name);
        return column.Type is NumberDataViewType ? column : throw NoNumber(name, ColumnTypes.Describe(column.Type));
    }

    /// <exception cref="ArgumentException">The column is missing or holds no numbers.</exception>
    public static SchemaShape.Column Find(SchemaShape schema, string name)
    {
        var column = SchemaColumns.Find(schema, Role, name);
        return column is { IsKey: false, Kind: SchemaShape.Column.VectorKind.Scalar, ItemType: NumberDataViewType }
            ? column
            : throw NoNumber(name, ColumnTypes.Describe(column));
    }

    /// <summary>Reads the weight of the cursor's row.</summary>
    /// <exception cref="InvalidOperationException">
    /// The getter met a weight that is negative, NaN or infinite; the text names the row.
    /// </exception>
    public static Func<float> GetGetter(DataViewRow cursor, DataViewSchema.Column column)
    {
        var get = RowCursorUtils.GetGetterAs<float>(NumberDataViewType.Single, cursor, column.Index);
        return () =>
        {
            var weight = 0f;
            get(ref weight);
            return float.IsFinite(weight) && weight >= 0
                ? weight
                : throw new InvalidOperationException(
                    $"Row {cursor.Position}: the weight in column '{column.Name}' is {weight.ToString(CultureInfo.InvariantCulture)}; " +
                    "expected a finite number of 0 or above.");
        };
    }

    private static ArgumentException NoNumber(string name, string type) => new($"{Role} column '{name}' is {type}; expected a number.");
}
