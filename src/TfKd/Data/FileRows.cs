namespace TfKd;

/// <summary>The rows of a source at another size, decoded from their files each time that they are read.</summary>
internal sealed class FileRows : SizedRows
{
    private readonly string[] _files;

    private FileRows(IImageSource source, ImageShape shape, string[] files)
        : base(source, shape) => _files = files;

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

    public override void ReadPixels(int row, Span<byte> pixels) => ImageFile.Decode(_files[row], Shape, pixels);
}
