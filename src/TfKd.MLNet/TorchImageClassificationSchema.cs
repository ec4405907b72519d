using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>
/// The schema that a fitted trainer will give, before there is data: as of ML.NET's own trainers of multiclass classifiers.
/// </summary>
internal static class TorchImageClassificationSchema
{
    /// <exception cref="ArgumentException">A column is missing or of the wrong type.</exception>
    public static SchemaShape Append(
        SchemaShape input, string labelColumnName, TransformerColumns columns, bool severalLabels = false)
    {
        ImageColumn.Check(input, columns.Image);
        var label = severalLabels ? LabelSetColumn.Find(input, labelColumnName) : LabelColumn.Find(input, labelColumnName);
        var added = columns.ToOutputs(severalLabels).Select(output => output.ToShape(label)).ToList();
        return new SchemaShape(input.Where(column => added.TrueForAll(output => output.Name != column.Name)).Concat(added));
    }
}
