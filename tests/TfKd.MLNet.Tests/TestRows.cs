using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

internal sealed class InputRow
{
    public int Number { get; set; }

    public string Label { get; set; } = "";

    public byte[] Image { get; set; } = [];

    public float[] Numbers { get; set; } = [];
}

internal sealed class OutputRow
{
    public int Number { get; set; }

    public string Label { get; set; } = "";

    public float[] Numbers { get; set; } = [];

    public float[] Score { get; set; } = [];

    public uint PredictedLabel { get; set; }
}

internal static class TestRows
{
    public static readonly string[] Names = ["red", "green", "blue"];

    /// <summary>Classes take turns; a row's number is its place.</summary>
    public static List<InputRow> Make(int count) => [.. Enumerable.Range(0, count).Select(i => new InputRow
    {
        Number = i,
        Label = Names[i % 3],
        Image = TestImages.Encode(i % 3, i),
        Numbers = [.. Enumerable.Range(0, i % 4).Select(j => (float)(i + j))],
    })];

    public static List<OutputRow> Read(MLContext ml, IDataView view) =>
        [.. ml.Data.CreateEnumerable<OutputRow>(view, reuseRowObject: false)];

    /// <summary>Maps the label to the keys of <see cref="Names"/>, in that order.</summary>
    public static IDataView WithKeys(MLContext ml, IDataView view)
    {
        var keys = ml.Data.LoadFromEnumerable(Names.Select(name => new { Label = name }));
        return ml.Transforms.Conversion.MapValueToKey("Label", keyData: keys).Fit(view).Transform(view);
    }
}
