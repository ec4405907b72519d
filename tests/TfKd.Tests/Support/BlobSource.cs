namespace TfKd.Tests;

/// <summary>
/// A small problem with several labels a sample: each class is a blurred blob in its own place, there or not whatever the others are, under
/// noise.
/// </summary>
internal static class BlobSource
{
    public static DecodedCache Create(int rows, int labelled = int.MaxValue, int classCount = 4, int size = 16, int seed = 1)
    {
        var shape = new ImageShape(3, size, size);
        var cache = new DecodedCache(shape, [.. Enumerable.Range(0, classCount).Select(k => $"class{k}")]);
        var random = new Random(seed);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < rows; row++)
        {
            int[] labels = [.. Enumerable.Range(0, classCount).Where(k => random.NextDouble() < 0.6 / (k + 1) + 0.2)];
            for (var i = 0; i < pixels.Length; i++)
            {
                var light = 80 + 60 * (random.NextDouble() - 0.5)
                    + labels.Sum(label => 130 * Math.Exp(-Distance(i, label, classCount, size) / (size * size * 0.02)));
                pixels[i] = (byte)Math.Clamp(light, 0, 255);
            }

            if (row < labelled)
                cache.Add(pixels, labels);
            else
                cache.Add(pixels, Targets.Unlabelled);
        }

        return cache;
    }

    private static double Distance(int pixel, int label, int classCount, int size)
    {
        var angle = 2 * Math.PI * label / classCount;
        var (centreX, centreY) = (size * (0.5 + 0.3 * Math.Cos(angle)), size * (0.5 + 0.3 * Math.Sin(angle)));
        var (x, y) = (pixel % size, pixel / size % size);
        return (x - centreX) * (x - centreX) + (y - centreY) * (y - centreY);
    }
}
