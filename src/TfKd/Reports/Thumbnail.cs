using SkiaSharp;

namespace TfKd;

/// <summary>
/// Images of a source as text that a page can hold: at most 96 pixels a side, a few thousand characters as a rule and never more than
/// 40,000.
/// </summary>
internal static class Thumbnail
{
    /// <summary>The longest side, in pixels.</summary>
    public const int MaxSize = 96;

    /// <summary>Images up to this size are kept pixel by pixel, and shown in larger ones.</summary>
    public const int MaxExactSize = 48;

    private const int Quality = 85;

    /// <summary>The row's image as a file in a data URI: PNG where it is small, else JPEG; never enlarged.</summary>
    public static string DataUri(IImageSource source, int row)
    {
        var shape = source.Shape;
        var planes = new byte[shape.ByteCount];
        source.ReadPixels(row, planes);
        return DataUri(Interleave(planes, shape.Width * shape.Height, shape.Channels), shape);
    }

    /// <summary>The same of pixels of four bytes each: red, green, blue, and one that is not looked at.</summary>
    public static string DataUri(byte[] pixels, ImageShape shape)
    {
        using var image = SKImage.FromPixelCopy(
            new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), pixels, 4 * shape.Width);
        var (isExact, type) = IsExact(shape) ? (true, "png") : (false, "jpeg");
        using var data = isExact ? image.Encode(SKEncodedImageFormat.Png, 100) : EncodeSmall(image);
        return $"data:image/{type};base64,{Convert.ToBase64String(data.AsSpan())}";
    }

    /// <summary>Whether an image of the shape is shown pixel by pixel.</summary>
    public static bool IsExact(ImageShape shape) => Math.Max(shape.Width, shape.Height) <= MaxExactSize;

    private static byte[] Interleave(byte[] planes, int count, int channels)
    {
        var pixels = new byte[4 * count];
        // Of other numbers of channels than one and three the first is shown.
        for (var i = 0; i < count; i++)
        {
            for (var channel = 0; channel < 3; channel++)
                pixels[4 * i + channel] = planes[(channels == 3 ? channel * count : 0) + i];
            pixels[4 * i + 3] = byte.MaxValue;
        }

        return pixels;
    }

    private static SKData EncodeSmall(SKImage image)
    {
        var scale = Math.Min((double)MaxSize / Math.Max(image.Width, image.Height), 1);
        using var bitmap = SKBitmap.FromImage(image);
        using var small = bitmap.Resize(
            new SKSizeI(
                Math.Max((int)Math.Round(bitmap.Width * scale), 1), Math.Max((int)Math.Round(bitmap.Height * scale), 1)),
            SKFilterQuality.Medium);
        return small.Encode(SKEncodedImageFormat.Jpeg, Quality);
    }
}
