using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace TfKd.FuzzProbe;

/// <summary>The images that models are asked about.</summary>
internal static class Images
{
    public static readonly ImageShape Shape = new(3, 8, 8);

    /// <summary>Of noise, some of it red.</summary>
    public static byte[] Encode(SKEncodedImageFormat format, int seed, int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        var random = new Random(seed);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(100 + random.Next(150)), (byte)random.Next(100), (byte)random.Next(100)));
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>Two, encoded.</summary>
    public static IDataView Rows(MLContext ml) =>
        ml.Data.LoadFromEnumerable(Enumerable.Range(1, 2).Select(seed => new Row { Image = Encode(SKEncodedImageFormat.Png, seed, 8, 8) }));

    /// <summary>What a model says of them, with the names of the classes.</summary>
    public static string Score(ITransformer model, IDataView rows)
    {
        var scored = model.Transform(rows);
        var slots = default(VBuffer<ReadOnlyMemory<char>>);
        scored.Schema["Score"].GetSlotNames(ref slots);
        var scores = scored
            .GetColumn<float[]>("Score")
            .SelectMany(row => row)
            .Select(score => score.ToString("R", CultureInfo.InvariantCulture));
        return $"{string.Join(' ', scores)} {string.Join(' ', slots.DenseValues())}";
    }

    private sealed class Row
    {
        public byte[] Image { get; set; } = [];
    }
}
