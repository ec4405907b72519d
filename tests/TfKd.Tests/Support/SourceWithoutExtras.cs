namespace TfKd.Tests;

/// <summary>A wrapper that forgets what its source knows of the rows beside images and labels.</summary>
internal sealed class SourceWithoutExtras(IImageSource source) : IImageSource
{
    public int Count => source.Count;

    public ImageShape Shape => source.Shape;

    public IReadOnlyList<string> ClassNames => source.ClassNames;

    public SampleExtras? Extras => null;

    public int GetLabel(int row) => source.GetLabel(row);

    public void ReadPixels(int row, Span<byte> pixels) => source.ReadPixels(row, pixels);
}
