using SkiaSharp;

namespace TfKd;

/// <summary>
/// Fits pixels to a shape: scaled without distortion until they cover it, then cropped around the centre. Transparency is laid on white, as
/// a viewer shows it; grey is the luma of ITU-R BT.601.
/// </summary>
internal static class ImageFit
{
    // A covering image of up to so many times the pixels that are kept of it is made whole, then cropped. Of a more elongated one only what
    // is kept is drawn: memory and time do not grow with the part that is cropped away.
    private const long MostCovering = 8;

    /// <param name="source">What is to be fitted.</param>
    /// <param name="shape">The shape to fit to, of 1 or 3 channels.</param>
    /// <param name="target">Planar bytes of the shape.</param>
    /// <param name="buffers">Where pixels are scaled to.</param>
    /// <param name="mostCovering">How many times the pixels that are kept may be made before cropping; 0: no more than those.</param>
    public static void Fit(
        SourcePixels source, ImageShape shape, Span<byte> target, DecodeBuffers buffers, long mostCovering = MostCovering)
    {
        Check(shape, target.Length);
        var covering = Covering.Of(source, shape);
        ReadOnlySpan<byte> pixels;
        var (stride, left, top) = ((int)Math.Min(covering.Width, int.MaxValue), (int)covering.Left, (int)covering.Top);
        if (covering.Width == source.Width && covering.Height == source.Height)
            pixels = source.Bytes;
        else if (covering.Width * (double)covering.Height <= mostCovering * (double)shape.Width * shape.Height)
            pixels = Scale(source, (int)covering.Width, (int)covering.Height, buffers);
        else
        {
            pixels = Draw(source, covering, shape, buffers);
            (stride, left, top) = (shape.Width, 0, 0);
        }

        for (var y = 0; y < shape.Height; y++)
        {
            var row = pixels.Slice(4 * ((top + y) * stride + left), 4 * shape.Width);
            if (shape.Channels == 3)
                WriteRgb(row, source.IsBgra, shape, y, target);
            else
                WriteGrey(row, source.IsBgra, target.Slice(y * shape.Width, shape.Width));
        }
    }

    /// <exception cref="ArgumentException">Images are not decoded to such a shape, or the target has another size.</exception>
    public static void Check(ImageShape shape, int targetLength)
    {
        if (shape.Channels is not (1 or 3))
            throw new ArgumentException($"Images are decoded to 1 (grey) or 3 (RGB) channels, but the shape is {shape}.", nameof(shape));
        if (targetLength != shape.ByteCount)
            throw new ArgumentException(
                $"The target of shape {shape} must have {shape.ByteCount} bytes, but has {targetLength}.", nameof(targetLength));
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
                if (!input.ScalePixels(output, QualityOf(width, scaledWidth)))
                    throw new ImageDecodingException($"Scaling from {width}x{height} to {scaledWidth}x{scaledHeight} pixels failed.");
            }
        }

        return scaled;
    }

    // The same scaling, of the part of the source that is kept, straight to the shape's pixels.
    private static ReadOnlySpan<byte> Draw(SourcePixels source, Covering covering, ImageShape shape, DecodeBuffers buffers)
    {
        var (x, y) = (covering.Columns(source, shape), covering.Rows(source, shape));
        var part = new SKImageInfo(x.Count, y.Count, SKColorType.Bgra8888, SKAlphaType.Premul);
        var target = part.WithSize(shape.Width, shape.Height);
        var drawn = buffers.Scaled(target.BytesSize);
        var place = new SKMatrix((float)x.Scale, 0, (float)x.Offset, 0, (float)y.Scale, (float)y.Offset, 0, 0, 1);
        unsafe
        {
            fixed (byte* from = source.Bytes, to = drawn)
            {
                var corner = (nint)from + 4 * (y.First * (nint)source.Width + x.First);
                using var image = SKImage.FromPixels(part, corner, 4 * source.Width);
                using var surface = SKSurface.Create(target, (nint)to, target.RowBytes);
                using var shader = image?.ToShader(SKShaderTileMode.Clamp, SKShaderTileMode.Clamp, place);
                if (shader is null || surface is null)
                    throw new ImageDecodingException($"Scaling {source.Width}x{source.Height} to {shape} failed.");
                using var paint = new SKPaint { Shader = shader, BlendMode = SKBlendMode.Src };
                paint.FilterQuality = QualityOf(source.Width, covering.Width);
                surface.Canvas.DrawPaint(paint);
            }
        }

        return drawn;
    }

    // Medium averages (mipmaps) when shrinking; High is bicubic when growing.
    private static SKFilterQuality QualityOf(int width, long scaledWidth) =>
        scaledWidth < width ? SKFilterQuality.Medium : SKFilterQuality.High;

    private static void WriteRgb(ReadOnlySpan<byte> row, bool isBgra, ImageShape shape, int y, Span<byte> target)
    {
        var plane = shape.Height * shape.Width;
        var first = target.Slice((isBgra ? 2 * plane : 0) + y * shape.Width, shape.Width);
        var green = target.Slice(plane + y * shape.Width, shape.Width);
        var third = target.Slice((isBgra ? 0 : 2 * plane) + y * shape.Width, shape.Width);
        for (var x = 0; x < green.Length; x++)
        {
            var white = 255 - row[4 * x + 3];
            first[x] = OnWhite(row[4 * x], white);
            green[x] = OnWhite(row[4 * x + 1], white);
            third[x] = OnWhite(row[4 * x + 2], white);
        }
    }

    private static void WriteGrey(ReadOnlySpan<byte> row, bool isBgra, Span<byte> target)
    {
        for (var x = 0; x < target.Length; x++)
        {
            var white = 255 - row[4 * x + 3];
            var (first, green, third) = (OnWhite(row[4 * x], white), OnWhite(row[4 * x + 1], white), OnWhite(row[4 * x + 2], white));
            var (red, blue) = isBgra ? (third, first) : (first, third);
            target[x] = (byte)((299 * red + 587 * green + 114 * blue + 500) / 1000);
        }
    }

    // A colour is no more than its opacity, but who made the pixels may not have kept to that.
    private static byte OnWhite(byte colour, int white) => (byte)Math.Min(colour + white, 255);

    /// <summary>The scaled image that covers a shape, and how much of it is cropped away at the left and at the top.</summary>
    private readonly record struct Covering(long Width, long Height, long Left, long Top)
    {
        // In pixels of the larger of source and covering image: what bicubic scaling and the averages of shrinking look at.
        private const int Margin = 4;

        public static Covering Of(SourcePixels source, ImageShape shape)
        {
            var scale = Math.Max((double)shape.Width / source.Width, (double)shape.Height / source.Height);
            var width = Math.Max(shape.Width, (long)Math.Round(source.Width * scale));
            var height = Math.Max(shape.Height, (long)Math.Round(source.Height * scale));
            return new Covering(width, height, (width - shape.Width) / 2, (height - shape.Height) / 2);
        }

        public (int First, int Count, double Scale, double Offset) Columns(SourcePixels source, ImageShape shape) =>
            Kept(source.Width, Width, Left, shape.Width);

        public (int First, int Count, double Scale, double Offset) Rows(SourcePixels source, ImageShape shape) =>
            Kept(source.Height, Height, Top, shape.Height);

        // Which of the source's columns (or rows) are needed, and how those are scaled and moved.
        private static (int First, int Count, double Scale, double Offset) Kept(int source, long scaled, long cropped, int kept)
        {
            var scale = scaled / (double)source;
            var margin = Margin * Math.Max(1, 1 / scale);
            // The averages are of pairs, pairs of pairs and so on, and pair as they do in the whole image.
            var pairs = Math.Pow(2, Math.Ceiling(Math.Log2(Math.Max(1, 1 / scale))));
            var first = (int)Math.Max(0, Math.Floor((cropped / scale - margin) / pairs) * pairs);
            var end = (int)Math.Min(source, Math.Ceiling(((cropped + kept) / scale + margin) / pairs) * pairs);
            return (first, end - first, scale, first * scale - cropped);
        }
    }
}
