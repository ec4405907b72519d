using System.Runtime.InteropServices;
using SkiaSharp;

namespace TfKd;

/// <summary>Encoded images (JPEG, PNG, WebP, GIF, BMP) to planar bytes of a fixed shape. Safe for concurrent use.</summary>
internal static class ImageDecoder
{
    private const int PixelBytes = 4;

    /// <summary>
    /// Decodes, turns upright as the file's EXIF orientation says, and fits to the shape (see <see cref="ImageFit"/>), within the limits of
    /// the process (see <see cref="ImageLimits"/>).
    /// </summary>
    /// <exception cref="ImageDecodingException">
    /// The bytes are no image, or not a whole one, or one beyond a limit; or decoding it failed in another way.
    /// </exception>
    public static void Decode(ReadOnlySpan<byte> encoded, ImageShape shape, Span<byte> pixels)
    {
        ImageFit.Check(shape, pixels.Length);
        try
        {
            DecodeChecked(encoded, shape, pixels);
        }
        catch (Exception exception) when (exception is not ImageDecodingException)
        {
            // Out of memory, most of all: of one image, not of the run.
            throw new ImageDecodingException($"Decoding {encoded.Length} bytes failed: {exception.Message}", exception);
        }
    }

    /// <summary>Width and height that the image's header says, not turned upright; null where it is no image of a known format.</summary>
    public static unsafe (int Width, int Height)? SizeOf(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
            return null;
        fixed (byte* address = encoded)
        {
            using var data = SKData.Create((nint)address, encoded.Length);
            using var codec = SKCodec.Create(data);
            return codec is null ? null : (codec.Info.Width, codec.Info.Height);
        }
    }

    private static unsafe void DecodeChecked(ReadOnlySpan<byte> encoded, ImageShape shape, Span<byte> pixels)
    {
        if (encoded.IsEmpty)
            throw new ImageDecodingException("The image has no bytes.");
        fixed (byte* address = encoded)
        {
            using var data = SKData.Create((nint)address, encoded.Length);
            using var codec = SKCodec.Create(data)
                ?? throw new ImageDecodingException($"{encoded.Length} bytes are not an image of a known format (JPEG, PNG, WebP, GIF, "
                    + $"BMP); they begin with {Start(encoded)}.");
            var limits = ImageLimits.Current;
            var size = SmallestUsefulSize(codec, IsOnItsSide(codec) ? (shape.Width, shape.Height) : (shape.Height, shape.Width), limits);
            var memory = (IsUpright(codec) ? 1L : 2L) * PixelBytes * size.Width * size.Height;
            DecodingMemory.Take(memory, limits.DecodingMemory);
            var buffers = DecodeBuffers.Rent();
            try
            {
                Decode(codec, encoded.Length, size, buffers, out var upright);
                ImageFit.Fit(upright, shape, pixels, buffers);
            }
            finally
            {
                // Before others may take as much.
                DecodeBuffers.Return(buffers);
                DecodingMemory.Return(memory);
            }
        }
    }

    private static void Decode(SKCodec codec, int encodedLength, SKSizeI size, DecodeBuffers buffers, out SourcePixels upright)
    {
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
                + $"{encodedLength} bytes is damaged or cut short ({result}).");
        if (IsUpright(codec))
        {
            upright = new SourcePixels(buffer, size.Width, size.Height, isBgra: true);
            return;
        }

        var turned = buffers.Upright(info.BytesSize);
        TurnUpright(
            MemoryMarshal.Cast<byte, uint>(buffer), MemoryMarshal.Cast<byte, uint>(turned), size.Width, size.Height, codec.EncodedOrigin);
        var (width, height) = IsOnItsSide(codec) ? (size.Height, size.Width) : (size.Width, size.Height);
        upright = new SourcePixels(turned, width, height, isBgra: true);
    }

    private static bool IsUpright(SKCodec codec) => codec.EncodedOrigin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default;

    private static bool IsOnItsSide(SKCodec codec) => codec.EncodedOrigin > SKEncodedOrigin.BottomLeft;

    // JPEG and WebP can be decoded at 1/8 to 7/8 of their size for a fraction of the cost; never below what the shape needs.
    private static SKSizeI SmallestUsefulSize(SKCodec codec, (int Height, int Width) wanted, ImageLimits limits)
    {
        var (full, size) = (codec.Info.Size, codec.Info.Size);
        for (var eighths = 1; eighths < 8 && size == full; eighths++)
        {
            var scaled = codec.GetScaledDimensions(eighths / 8f);
            if (scaled.Width >= wanted.Width && scaled.Height >= wanted.Height)
                size = scaled;
        }

        if ((long)size.Width * size.Height <= limits.MostPixels)
            return size;
        throw new ImageDecodingException($"The {codec.EncodedFormat} image of {full.Width}x{full.Height} pixels would be decoded to "
            + $"{(long)size.Width * size.Height}; the most is {limits.MostPixels} "
            + $"({nameof(ImageLimits)}.{nameof(ImageLimits.MaxPixels)}).");
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
