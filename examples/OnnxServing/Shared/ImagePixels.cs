using System.Runtime.InteropServices;
using SkiaSharp;

namespace OnnxServing;

/// <summary>
/// From an image file to the bytes that the network takes, as it was trained on: upright, scaled until it covers the network's input, and
/// cropped around the centre; transparency on white; grey by the luma of ITU-R BT.601. Whoever does one of these otherwise gets other
/// scores, and no error.
/// </summary>
internal static class ImagePixels
{
    // 4 bytes a pixel, and as many again for what is turned, for each image that is being decoded. A photo that its codec can reduce
    // counts at the reduced size.
    private const long MaxPixels = 1L << 25;

    // Of an image that covers the input more than so many times, only the part that is kept is made.
    private const double MostCovering = 8;

    /// <summary>Decodes a JPEG, PNG, WebP, GIF or BMP file.</summary>
    /// <param name="encoded">The file's content.</param>
    /// <param name="height">Height of the network's input in pixels.</param>
    /// <param name="width">Width of the network's input in pixels.</param>
    /// <param name="planes">Becomes [C,H,W], values 0 to 255. One channel is grey; three are red, green, blue.</param>
    /// <exception cref="UnreadableImageException">The bytes are no image, no whole one, or too large a one.</exception>
    public static void Read(ReadOnlySpan<byte> encoded, int height, int width, Span<byte> planes)
    {
        using var decoded = Decode(encoded, out var origin, height, width);
        using var upright = TurnUpright(decoded, origin);
        using var covering = Cover(upright, height, width);
        Crop(covering, height, width, planes);
    }

    private static SKBitmap Decode(ReadOnlySpan<byte> encoded, out SKEncodedOrigin origin, int height, int width)
    {
        using var data = SKData.CreateCopy(encoded);
        using var codec = encoded.IsEmpty ? null : SKCodec.Create(data);
        if (codec is null)
        {
            throw new UnreadableImageException(
                $"The {encoded.Length} bytes are not an image of a known format (JPEG, PNG, WebP, GIF, BMP).");
        }

        origin = codec.EncodedOrigin;
        var full = codec.Info.Size;
        // A JPEG decoder leaves out detail at little cost, in eighths: the smallest size that still covers the input.
        var (neededWidth, neededHeight) = IsOnItsSide(origin) ? (height, width) : (width, height);
        var size = Enumerable.Range(1, 7).Select(eighths => codec.GetScaledDimensions(eighths / 8f))
            .Append(full)
            .First(size => size == full || (size.Width >= neededWidth && size.Height >= neededHeight));
        if ((long)size.Width * size.Height > MaxPixels)
        {
            throw new UnreadableImageException(
                $"The image has {full.Width}x{full.Height} pixels; the most that is decoded is {MaxPixels}.");
        }

        var bitmap = new SKBitmap(new SKImageInfo(size.Width, size.Height, SKColorType.Bgra8888, SKAlphaType.Premul));
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result == SKCodecResult.Success)
            return bitmap;
        bitmap.Dispose();
        throw new UnreadableImageException(
            $"The {codec.EncodedFormat} image of {full.Width}x{full.Height} pixels is damaged or cut short ({result}).");
    }

    // EXIF's orientations are a mirroring about the diagonal, or none, and then one about each axis, or none.
    private static bool IsOnItsSide(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    private static SKBitmap TurnUpright(SKBitmap source, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default)
            return source;
        var swap = IsOnItsSide(origin);
        var flipX = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight
            or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        var flipY = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft
            or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var (width, height) = swap ? (source.Height, source.Width) : (source.Width, source.Height);
        var from = MemoryMarshal.Cast<byte, int>(source.GetPixelSpan());
        var to = new int[from.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (column, row) = (flipX ? width - 1 - x : x, flipY ? height - 1 - y : y);
                to[y * width + x] = swap ? from[column * source.Width + row] : from[row * source.Width + column];
            }
        }

        var upright = new SKBitmap(source.Info.WithSize(width, height));
        Marshal.Copy(to, 0, upright.GetPixels(), to.Length);
        return upright;
    }

    private static SKBitmap Cover(SKBitmap image, int height, int width)
    {
        var scale = Math.Max((double)width / image.Width, (double)height / image.Height);
        var coveringWidth = Math.Max(width, (long)Math.Round(image.Width * scale));
        var coveringHeight = Math.Max(height, (long)Math.Round(image.Height * scale));
        if (coveringWidth == image.Width && coveringHeight == image.Height)
            return image;
        // Averages when shrinking, bicubic when growing.
        var quality = coveringWidth < image.Width ? SKFilterQuality.Medium : SKFilterQuality.High;
        if (coveringWidth * (double)coveringHeight > MostCovering * width * height)
        {
            return DrawCentre(
                image, Kept(image.Width, coveringWidth, width), Kept(image.Height, coveringHeight, height), new(width, height), quality);
        }

        var covering = new SKBitmap(image.Info.WithSize((int)coveringWidth, (int)coveringHeight));
        if (image.ScalePixels(covering, quality))
            return covering;
        covering.Dispose();
        throw new UnreadableImageException($"The image of {image.Width}x{image.Height} pixels cannot be scaled to cover {width}x{height}.");
    }

    // Which columns (or rows) of an image are needed for the centre of the covering one, and how those are scaled and moved.
    private static (int First, int Count, double Scale, double Offset) Kept(int source, long covering, int kept)
    {
        var (scale, cropped) = (covering / (double)source, (covering - kept) / 2);
        // What the averages look at, who pair columns, and pair pairs, as they do in the whole image.
        var (margin, pairs) = (4 * Math.Max(1, 1 / scale), Math.Pow(2, Math.Ceiling(Math.Log2(Math.Max(1, 1 / scale)))));
        var first = (int)Math.Max(0, Math.Floor((cropped / scale - margin) / pairs) * pairs);
        var end = (int)Math.Min(source, Math.Ceiling(((cropped + kept) / scale + margin) / pairs) * pairs);
        return (first, end - first, scale, first * scale - cropped);
    }

    private static SKBitmap DrawCentre(
        SKBitmap image,
        (int First, int Count, double Scale, double Offset) x,
        (int First, int Count, double Scale, double Offset) y,
        SKSizeI size,
        SKFilterQuality quality)
    {
        var drawn = new SKBitmap(image.Info.WithSize(size.Width, size.Height));
        var corner = image.GetPixels() + y.First * image.RowBytes + x.First * image.BytesPerPixel;
        var place = new SKMatrix((float)x.Scale, 0, (float)x.Offset, 0, (float)y.Scale, (float)y.Offset, 0, 0, 1);
        using var part = SKImage.FromPixels(image.Info.WithSize(x.Count, y.Count), corner, image.RowBytes);
        using var shader = part.ToShader(SKShaderTileMode.Clamp, SKShaderTileMode.Clamp, place);
        using var canvas = new SKCanvas(drawn);
        using var paint = new SKPaint { Shader = shader, BlendMode = SKBlendMode.Src };
        paint.FilterQuality = quality;
        canvas.DrawPaint(paint);
        return drawn;
    }

    private static void Crop(SKBitmap image, int height, int width, Span<byte> planes)
    {
        var (left, top) = ((image.Width - width) / 2, (image.Height - height) / 2);
        var bgra = image.GetPixelSpan();
        var isGrey = planes.Length == height * width;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var pixel = bgra.Slice(4 * ((top + y) * image.Width + left + x), 4);
                // Colours are multiplied by alpha already; what is missing to 255 is the white below.
                var white = 255 - pixel[3];
                var (red, green, blue) = (pixel[2] + white, pixel[1] + white, pixel[0] + white);
                var at = y * width + x;
                if (isGrey)
                    planes[at] = (byte)((299 * red + 587 * green + 114 * blue + 500) / 1000);
                else
                    (planes[at], planes[height * width + at], planes[2 * height * width + at]) = ((byte)red, (byte)green, (byte)blue);
            }
        }
    }
}
