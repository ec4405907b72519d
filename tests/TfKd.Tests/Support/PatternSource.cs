namespace TfKd.Tests;

/// <summary>A small problem that a network can learn in seconds: each class is a blurred blob in its own place, under noise.</summary>
internal static class PatternSource
{
    public static DecodedCache Create(int rows, int classCount = 4, int size = 16, int channels = 3, int seed = 1, double noise = 60)
    {
        var shape = new ImageShape(channels, size, size);
        var cache = new DecodedCache(shape, [.. Enumerable.Range(0, classCount).Select(k => $"class{k}")]);
        var random = new Random(seed);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < rows; row++)
        {
            var label = row % classCount;
            var angle = 2 * Math.PI * label / classCount;
            var (centreX, centreY) = (size * (0.5 + 0.25 * Math.Cos(angle)), size * (0.5 + 0.25 * Math.Sin(angle)));
            for (var i = 0; i < pixels.Length; i++)
            {
                var (x, y) = (i % size, i / size % size);
                var distance = ((x - centreX) * (x - centreX) + (y - centreY) * (y - centreY)) / (size * size * 0.02);
                pixels[i] = (byte)Math.Clamp(80 + 100 * Math.Exp(-distance) + noise * (random.NextDouble() - 0.5) * 2, 0, 255);
            }

            cache.Add(pixels, label);
        }

        return cache;
    }
}
