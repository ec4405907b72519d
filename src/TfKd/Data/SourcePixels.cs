namespace TfKd;

/// <summary>Pixels of an image of any size, before <see cref="ImageFit"/>.</summary>
/// <param name="bytes">4 bytes a pixel, rows without gaps, colours multiplied by alpha.</param>
/// <param name="width">Width in pixels.</param>
/// <param name="height">Height in pixels.</param>
/// <param name="isBgra">True: blue, green, red, alpha; false: red, green, blue, alpha.</param>
internal readonly ref struct SourcePixels(ReadOnlySpan<byte> bytes, int width, int height, bool isBgra)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public bool IsBgra { get; } = isBgra;
}
