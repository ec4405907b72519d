using SkiaSharp;

namespace TfKd;

/// <summary>
/// Fits pixels to a shape: scaled without distortion until they cover it, then cropped around the centre. Transparency is laid on white, as
/// a viewer shows it; grey is the luma of ITU-R BT.601.
/// </summary>
internal static class ImageFit
{
    /// <param name="source">What is to be fitted.</param>
    /// <param name="shape">The shape to fit to, of 1 or 3 channels.</param>
    /// <param name="target">Planar bytes of the shape.</param>
    /// <param name="buffers">Where pixels are scaled to.</param>
    public static void Fit(SourcePixels source, ImageShape shape, Span<byte> target, DecodeBuffers buffers)
    {
        if (shape.Channels is not (1 or 3))
            throw new ArgumentException($"Images are decoded to 1 (grey) or 3 (RGB) channels, but the shape is {shape}.", nameof(shape));
        if (target.Length != shape.ByteCount)
            throw new ArgumentException(
                $"The target of shape {shape} must have {shape.ByteCount} bytes, but has {target.Length}.", nameof(target));
        var scale = Math.Max((double)shape.Width / source.Width, (double)shape.Height / source.Height);
        var scaledWidth = Math.Max(shape.Width, (int)Math.Round(source.Width * scale));
        var scaledHeight = Math.Max(shape.Height, (int)Math.Round(source.Height * scale));
        var pixels = (scaledWidth, scaledHeight) == (source.Width, source.Height)
            ? source.Bytes
            : Scale(source, scaledWidth, scaledHeight, buffers);
        var (left, top) = ((scaledWidth - shape.Width) / 2, (scaledHeight - shape.Height) / 2);
        for (var y = 0; y < shape.Height; y++)
        {
            var row = pixels.Slice(4 * ((top + y) * scaledWidth + left), 4 * shape.Width);
            if (shape.Channels == 3)
                WriteRgb(row, source.IsBgra, shape, y, target);
            else
                WriteGrey(row, source.IsBgra, target.Slice(y * shape.Width, shape.Width));
        }
    }

    private static ReadOnlySpan<byte> Scale(SourcePixels source, int scaledWidth, int scaledHeight, DecodeBuffers buffers)
    {
        var (width, height) = (source.Width, source.Height);
        var info = new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Premul);
        var target = info.WithSize(scaledWidth, scaledHeight);
        var scaled = buffers.Scaled(target.BytesSize);
        unsafe
        {
            fixed (byte* from = source.Bytes, to = scaled)
            {
                using var input = new SKPixmap(info, (nint)from);
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
