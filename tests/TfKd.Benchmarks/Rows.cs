namespace TfKd.Benchmarks;

/// <summary>Random images: what is in them costs nothing.</summary>
internal static class Rows
{
    public static DecodedCache Make(int count, ImageShape shape, int classCount)
    {
        var cache = new DecodedCache(shape, [.. Enumerable.Range(0, classCount).Select(k => $"class{k}")]);
        var random = new Random(1);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < count; row++)
        {
            random.NextBytes(pixels);
            cache.Add(pixels, row % classCount);
        }

        return cache;
    }
}
