using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace TfKd.MLNet.Tests;

/// <summary>Drawn photos with a circle, a square and a triangle, each there or not, anywhere and one over another, under noise.</summary>
internal static class ShapePhotos
{
    public static readonly string[] Names = ["circle", "square", "triangle"];

    public static readonly ImageShape Shape = new(3, 24, 24);

    private static readonly SKColor[] _colours = [new(230, 60, 50), new(60, 200, 70), new(70, 90, 240)];

    public static List<ShapeRow> Make(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(number => Draw(number, random))];
    }

    private static ShapeRow Draw(int number, Random random)
    {
        bool[] has = [.. Names.Select(_ => random.NextDouble() < 0.45)];
        using var bitmap = new SKBitmap(new SKImageInfo(Shape.Width, Shape.Height, SKColorType.Bgra8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(new SKColor(120, 120, 120));
            foreach (var kind in Enumerable.Range(0, Names.Length).Where(kind => has[kind]).OrderBy(_ => random.Next()))
                DrawShape(canvas, kind, 7 + random.Next(10), 7 + random.Next(10), 4 + random.Next(3));
        }

        for (var i = 0; i < 100; i++)
            bitmap.SetPixel(random.Next(Shape.Width), random.Next(Shape.Height), new SKColor((uint)random.Next() | 0xff000000));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var names = Names.Where((_, kind) => has[kind]).ToArray();
        return new() { Number = number, Image = data.ToArray(), Tags = string.Join("; ", names), Names = names, Flags = has };
    }

    private static void DrawShape(SKCanvas canvas, int kind, float x, float y, float radius)
    {
        using var paint = new SKPaint { Color = _colours[kind] };
        if (kind == 0)
        {
            canvas.DrawCircle(x, y, radius, paint);
        }
        else if (kind == 1)
        {
            canvas.DrawRect(x - radius, y - radius, 2 * radius, 2 * radius, paint);
        }
        else
        {
            using var path = new SKPath();
            path.AddPoly([new(x, y - radius), new(x + radius, y + radius), new(x - radius, y + radius)]);
            canvas.DrawPath(path, paint);
        }
    }
}

/// <summary>A drawn photo, and what is in it in several forms.</summary>
internal sealed class ShapeRow
{
    public int Number { get; set; }

    public byte[] Image { get; set; } = [];

    public string Tags { get; set; } = "";

    public string[] Names { get; set; } = [];

    [VectorType(3)]
    public bool[] Flags { get; set; } = [];
}

/// <summary>What a model says of a drawn photo.</summary>
internal sealed class FoundShapes
{
    public int Number { get; set; }

    public string[] PredictedLabel { get; set; } = [];

    public float[] Score { get; set; } = [];
}
