using SkiaSharp;

namespace TfKd.MLNet.Tests;

/// <summary>Small images whose class can be seen from their colour: class 0 is reddish, 1 greenish, 2 bluish.</summary>
internal static class TestImages
{
    public static readonly ImageShape Shape = new(3, 8, 8);

    public static byte[] Encode(int label, int seed, int width = 8, int height = 8)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        var random = new Random(seed);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var channels = new byte[3];
                for (var c = 0; c < 3; c++)
                    channels[c] = (byte)(random.Next(100) + (c == label ? 150 : 0));
                bitmap.SetPixel(x, y, new SKColor(channels[0], channels[1], channels[2]));
            }
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
