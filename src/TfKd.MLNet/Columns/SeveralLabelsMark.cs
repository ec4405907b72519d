using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What a column of texts is marked with that may hold several labels each.</summary>
internal static class SeveralLabelsMark
{
    private const string Name = "SeveralLabels";

    /// <summary>Whether a column is marked.</summary>
    public static bool IsOn(DataViewSchema.Column column) => column.Annotations.Schema.GetColumnOrNull(Name) is not null;

    /// <summary>Marks a column that is being made.</summary>
    public static DataViewSchema.Annotations Make()
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(Name, BooleanDataViewType.Instance, (ref bool value) => value = true);
        return annotations.ToAnnotations();
    }
}
