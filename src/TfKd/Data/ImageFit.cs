using SkiaSharp;

namespace TfKd;

/// <summary>
/// Fits pixels to a shape: scaled without distortion until they cover it, then cropped around the centre. Transparency is laid on white, as
/// a viewer shows it; grey is the luma of ITU-R BT.601.
/// </summary>
internal static class ImageFit
{
    /// <param name="pixels">4 bytes a pixel, rows without gaps, colours multiplied by alpha.</param>
    /// <param name="width">Width of the source in pixels.</param>
    /// <param name="height">Height of the source in pixels.</param>
    /// <param name="isBgra">True: blue, green, red, alpha; false: red, green, blue, alpha.</param>
    /// <param name="shape">The shape to fit to, of 1 or 3 channels.</param>
    /// <param name="target">Planar bytes of the shape.</param>
    /// <param name="buffers">Where pixels are scaled to.</param>
    public static void Fit(ReadOnlySpan<byte> pixels, int width, int height, bool isBgra, ImageShape shape, Span<byte> target, DecodeBuffers buffers)
    {
        if (shape.Channels is not (1 or 3))
            throw new ArgumentException($"Images are decoded to 1 (grey) or 3 (RGB) channels, but the shape is {shape}.", nameof(shape));
        if (target.Length != shape.ByteCount)
            throw new ArgumentException($"The target of shape {shape} must have {shape.ByteCount} bytes, but has {target.Length}.", nameof(target));
        var scale = Math.Max((double)shape.Width / width, (double)shape.Height / height);
        var (scaledWidth, scaledHeight) = (Math.Max(shape.Width, (int)Math.Round(width * scale)), Math.Max(shape.Height, (int)Math.Round(height * scale)));
        if ((scaledWidth, scaledHeight) != (width, height))
            pixels = Scale(pixels, width, height, scaledWidth, scaledHeight, buffers);
        var (left, top) = ((scaledWidth - shape.Width) / 2, (scaledHeight - shape.Height) / 2);
        for (var y = 0; y < shape.Height; y++)
        {
            var row = pixels.Slice(4 * ((top + y) * scaledWidth + left), 4 * shape.Width);
            if (shape.Channels == 3)
                WriteRgb(row, isBgra, shape, y, target);
            else
                WriteGrey(row, isBgra, target.Slice(y * shape.Width, shape.Width));
        }
    }

    private static ReadOnlySpan<byte> Scale(ReadOnlySpan<byte> pixels, int width, int height, int scaledWidth, int scaledHeight, DecodeBuffers buffers)
    {
        var source = new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Premul);
        var target = source.WithSize(scaledWidth, scaledHeight);
        var scaled = buffers.Scaled(target.BytesSize);
        unsafe
        {
            fixed (byte* from = pixels, to = scaled)
            {
                using var input = new SKPixmap(source, (nint)from);
                using var output = new SKPixmap(target, (nint)to);
                // Medium averages (mipmaps) when shrinking; High is bicubic when growing.
                if (!input.ScalePixels(output, scaledWidth < width ? SKFilterQuality.Medium : SKFilterQuality.High))
                    throw new ImageDecodingException($"Scaling from {width}x{height} to {scaledWidth}x{scaledHeight} pixels failed.");
            }
        }

        return scaled;
    }

    private static void WriteRgb(ReadOnlySpan<byte> row, bool isBgra, ImageShape shape, int y, Span<byte> target)
    {
        var plane = shape.Height * shape.Width;
        var first = target.Slice((isBgra ? 2 * plane : 0) + y * shape.Width, shape.Width);
        var green = target.Slice(plane + y * shape.Width, shape.Width);
        var third = target.Slice((isBgra ? 0 : 2 * plane) + y * shape.Width, shape.Width);
        for (var x = 0; x < green.Length; x++)
        {
            var white = 255 - row[4 * x + 3];
            first[x] = (byte)(row[4 * x] + white);
            green[x] = (byte)(row[4 * x + 1] + white);
            third[x] = (byte)(row[4 * x + 2] + white);
        }
    }

    private static void WriteGrey(ReadOnlySpan<byte> row, bool isBgra, Span<byte> target)
    {
        for (var x = 0; x < target.Length; x++)
        {
            var white = 255 - row[4 * x + 3];
            var (first, green, third) = (row[4 * x] + white, row[4 * x + 1] + white, row[4 * x + 2] + white);
            var (red, blue) = isBgra ? (third, first) : (first, third);
            target[x] = (byte)((299 * red + 587 * green + 114 * blue + 500) / 1000);
        }
    }
}
