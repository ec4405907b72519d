namespace TfKd.Tests;

/// <summary>A source whose classes have other names.</summary>
internal sealed class RenamedSource(IImageSource source, IReadOnlyList<string> names) : IImageSource
{
    public int Count => source.Count;

    public ImageShape Shape => source.Shape;

    public IReadOnlyList<string> ClassNames => names;

    public SampleExtras? Extras => source.Extras;

    public int GetLabel(int row) => source.GetLabel(row);

    public void ReadPixels(int row, Span<byte> pixels) => source.ReadPixels(row, pixels);
}
