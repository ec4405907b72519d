using System.Runtime.InteropServices;
using SkiaSharp;

namespace TfKd;

/// <summary>Encoded images (JPEG, PNG, WebP, GIF, BMP) to planar bytes of a fixed shape. Safe for concurrent use.</summary>
internal static class ImageDecoder
{
    // 4 bytes a pixel must stay within an array; nothing a camera makes comes near.
    private const long MaxPixels = 1L << 28;

    /// <summary>Decodes, turns upright as the file's EXIF orientation says, and fits to the shape (see <see cref="ImageFit"/>).</summary>
    /// <exception cref="ImageDecodingException">The bytes are no image, or not a whole one.</exception>
    public static void Decode(ReadOnlySpan<byte> encoded, ImageShape shape, Span<byte> pixels)
    {
        var buffers = DecodeBuffers.Rent();
        try
        {
            Decode(encoded, shape, pixels, buffers);
        }
        finally
        {
            DecodeBuffers.Return(buffers);
        }
    }

    private static void Decode(ReadOnlySpan<byte> encoded, ImageShape shape, Span<byte> pixels, DecodeBuffers buffers)
    {
        if (encoded.IsEmpty)
            throw new ImageDecodingException("The image has no bytes.");
        using var data = SKData.CreateCopy(encoded);
        using var codec = SKCodec.Create(data)
            ?? throw new ImageDecodingException($"{encoded.Length} bytes are not an image of a known format (JPEG, PNG, WebP, GIF, BMP); "
                + $"they begin with {Start(encoded)}.");
        var turned = (int)codec.EncodedOrigin > (int)SKEncodedOrigin.BottomLeft;
        var size = SmallestUsefulSize(codec, turned ? (shape.Width, shape.Height) : (shape.Height, shape.Width));
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Bgra8888, SKAlphaType.Premul);
        var buffer = buffers.Decoded(info.BytesSize);
        SKCodecResult result;
        unsafe
        {
            fixed (byte* address = buffer)
                result = codec.GetPixels(info, (nint)address);
        }

        if (result != SKCodecResult.Success)
            throw new ImageDecodingException($"The {codec.EncodedFormat} image of {codec.Info.Width}x{codec.Info.Height} pixels and "
                + $"{encoded.Length} bytes is damaged or cut short ({result}).");
        var (width, height) = (info.Width, info.Height);
        if (codec.EncodedOrigin is not (SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default))
        {
            var upright = buffers.Upright(info.BytesSize);
            TurnUpright(
                MemoryMarshal.Cast<byte, uint>(buffer), MemoryMarshal.Cast<byte, uint>(upright), width, height, codec.EncodedOrigin);
            buffer = upright;
            if (turned)
                (width, height) = (height, width);
        }

        ImageFit.Fit(new SourcePixels(buffer, width, height, isBgra: true), shape, pixels, buffers);
    }

    // JPEG can be decoded at 1/8 to 7/8 of its size for a fraction of the cost; never below what the shape needs.
    private static SKSizeI SmallestUsefulSize(SKCodec codec, (int Height, int Width) wanted)
    {
        var full = codec.Info.Size;
        if ((long)full.Width * full.Height > MaxPixels)
            throw new ImageDecodingException($"The image has {full.Width}x{full.Height} pixels; the most that is decoded is {MaxPixels}.");
        for (var eighths = 1; eighths < 8; eighths++)
        {
            var scaled = codec.GetScaledDimensions(eighths / 8f);
            if (scaled.Width >= wanted.Width && scaled.Height >= wanted.Height)
                return scaled;
        }

        return full;
    }

    private static void TurnUpright(ReadOnlySpan<uint> source, Span<uint> target, int width, int height, SKEncodedOrigin origin)
    {
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = origin switch
                {
                    SKEncodedOrigin.TopRight => y * width + (width - 1 - x),
                    SKEncodedOrigin.BottomRight => (height - 1 - y) * width + (width - 1 - x),
                    SKEncodedOrigin.BottomLeft => (height - 1 - y) * width + x,
                    SKEncodedOrigin.LeftTop => x * height + y,
                    SKEncodedOrigin.RightTop => x * height + (height - 1 - y),
                    SKEncodedOrigin.RightBottom => (width - 1 - x) * height + (height - 1 - y),
                    SKEncodedOrigin.LeftBottom => (width - 1 - x) * height + y,
                    _ => y * width + x,
                };
                target[at] = source[y * width + x];
            }
        }
    }

    private static string Start(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes[..Math.Min(8, bytes.Length)]);
}
