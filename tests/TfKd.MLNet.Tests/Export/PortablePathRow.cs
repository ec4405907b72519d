using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>A photo by its path, and columns that must pass through.</summary>
internal sealed class PortablePathRow
{
    public int Number { get; set; }

    public string Label { get; set; } = "";

    public string Image { get; set; } = "";

    [ColumnName("images")]
    public string Images { get; set; } = "";

    public int Scores { get; set; }
}
