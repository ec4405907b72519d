using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Columns of a schema by their names. What is missing is refused with the names of those that there are.</summary>
internal static class SchemaColumns
{
    /// <param name="schema">Where to look.</param>
    /// <param name="role">What the column is for, as the message calls it.</param>
    /// <param name="name">The column's name.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string role, string name) =>
        schema.GetColumnOrNull(name) ?? throw Missing(role, name, schema.Select(column => column.Name));

    /// <inheritdoc cref="Find(DataViewSchema, string, string)"/>
    public static SchemaShape.Column Find(SchemaShape schema, string role, string name) =>
        schema.FirstOrDefault(column => column.Name == name) is { Name: not null } column
            ? column
            : throw Missing(role, name, schema.Select(column => column.Name));

    /// <summary>What a column of vectors calls its slots; it has such names.</summary>
    public static string[] SlotNames(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static ArgumentException Missing(string role, string name, IEnumerable<string> columns) =>
        new(
            $"{role} column '{name}' is not there; the columns are " +
            $"{string.Join(", ", columns.Distinct().Select(column => $"'{column}'"))}.");
}
