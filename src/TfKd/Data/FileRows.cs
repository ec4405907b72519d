namespace TfKd;

/// <summary>The rows of a source at another size, decoded from their files each time that they are read.</summary>
internal sealed class FileRows : IImageSource, IRowsOfAnother
{
    private readonly IImageSource _source;
    private readonly string[] _files;

    private FileRows(IImageSource source, ImageShape shape, string[] files) => (_source, Shape, _files) = (source, shape, files);

    /// <summary>The source itself where it has the size; null where a row is not the image of a file that is there.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="shape">The shape that they are to have.</param>
    public static IImageSource? TryOf(IImageSource source, ImageShape shape)
    {
        if (source.Shape == shape)
            return source;
        var files = new string[source.Count];
        for (var row = 0; row < files.Length; row++)
        {
            if (source.Extras?.GetImageFile(row) is not { } file || !File.Exists(file))
                return null;
            files[row] = file;
        }

        return new FileRows(source, shape, files);
    }

    public int Count => _files.Length;

    public ImageShape Shape { get; }

    public IReadOnlyList<string> ClassNames => _source.ClassNames;

    public SampleExtras? Extras => _source.Extras;

    public int GetLabel(int row) => _source.GetLabel(row);

    public int OriginOf(int row) => RowOrigin.Of(_source, row);

    public void ReadPixels(int row, Span<byte> pixels) => ImageFile.Decode(_files[row], Shape, pixels);
}
