namespace TfKd;

/// <summary>The rows of a source at another size; the labels and what else is known of them are the source's.</summary>
/// <param name="source">The rows.</param>
/// <param name="shape">The shape that they have here.</param>
internal abstract class SizedRows(IImageSource source, ImageShape shape) : IImageSource, IRowsOfAnother
{
    /// <summary>The rows at their own size.</summary>
    protected IImageSource Source => source;

    public int Count => source.Count;

    public ImageShape Shape => shape;

    public IReadOnlyList<string> ClassNames => source.ClassNames;

    public SampleExtras? Extras => source.Extras;

    public int GetLabel(int row) => source.GetLabel(row);

    public int OriginOf(int row) => RowOrigin.Of(source, row);

    public abstract void ReadPixels(int row, Span<byte> pixels);
}
