using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What a column is marked with, beside its type, where something has to be known of it.</summary>
/// <param name="name">The name of the annotation.</param>
internal sealed class ColumnMark(string name)
{
    /// <summary>Of a column of texts: each may hold several labels.</summary>
    public static ColumnMark SeveralLabels { get; } = new("SeveralLabels");

    /// <summary>Of a column of bytes: they are those of the file that the path column names, and none where that cannot be read.</summary>
    public static ColumnMark BytesOfFile { get; } = new("BytesOfFile");

    /// <summary>Whether a column is marked.</summary>
    public bool IsOn(DataViewSchema.Column column) => column.Annotations.Schema.GetColumnOrNull(name) is not null;

    /// <summary>Marks a column that is being made.</summary>
    public DataViewSchema.Annotations Make()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(name, BooleanDataViewType.Instance, (ref bool value) => value = true);
        return annotations.ToAnnotations();
    }
}
