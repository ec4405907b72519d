using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Images with coarse and fine structure, two classes of them.</summary>
internal static class CalibrationImages
{
    public static DecodedCache Of(ImageShape shape, int count)
    {
        var (images, random, pixels) = (new DecodedCache(shape, ["bright", "dark"]), new Random(5), new byte[shape.ByteCount]);
        for (var row = 0; row < count; row++)
        {
            var (level, slope, label) = (random.Next(40, 100), random.Next(-60, 60), row % 2);
            for (var i = 0; i < pixels.Length; i++)
            {
                var place = (double)(i % shape.Width) / shape.Width;
                pixels[i] = (byte)Math.Clamp(level + 80 * label + slope * place + random.Next(-30, 30), 0, 255);
            }

            images.Add(pixels, label);
        }

        return images;
    }

    /// <summary>The first images as a batch.</summary>
    public static Tensor Pixels(IImageSource images, int count)
    {
        var (shape, pixels) = (images.Shape, new byte[count * images.Shape.ByteCount]);
        for (var row = 0; row < count; row++)
            images.ReadPixels(row, pixels.AsSpan(row * shape.ByteCount, shape.ByteCount));
        return tensor(pixels, [count, shape.Channels, shape.Height, shape.Width]);
    }
}
