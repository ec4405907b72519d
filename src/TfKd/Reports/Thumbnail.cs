using SkiaSharp;

namespace TfKd;

/// <summary>Images of a source as text that a page can hold.</summary>
internal static class Thumbnail
{
    private const int MaxSize = 128;

    /// <summary>The row's image as a PNG file in a data URI; no larger than needed for a thumbnail, and never enlarged.</summary>
    public static string DataUri(IImageSource source, int row)
    {
        var shape = source.Shape;
        var planes = new byte[shape.ByteCount];
        source.ReadPixels(row, planes);
        var pixels = Interleave(planes, shape.Width * shape.Height, shape.Channels);
        using var image = SKImage.FromPixelCopy(
            new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), pixels, 4 * shape.Width);
        using var data = Encode(image);
        return $"data:image/png;base64,{Convert.ToBase64String(data.AsSpan())}";
    }

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

    private static SKData Encode(SKImage image)
    {
        var scale = (double)MaxSize / Math.Max(image.Width, image.Height);
        if (scale >= 1)
            return image.Encode(SKEncodedImageFormat.Png, 100);
        using var bitmap = SKBitmap.FromImage(image);
        using var small = bitmap.Resize(
            new SKSizeI(Math.Max((int)(bitmap.Width * scale), 1), Math.Max((int)(bitmap.Height * scale), 1)), SKFilterQuality.Medium);
        return small.Encode(SKEncodedImageFormat.Png, 100);
    }
}
