using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>The faces of the signs, each drawn about the origin within a circle of radius 1; y points down.</summary>
internal static class SignFaces
{
    private static readonly SKColor Red = new(196, 24, 36);
    private static readonly SKColor Blue = new(20, 84, 166);
    private static readonly SKColor Yellow = new(246, 186, 20);
    private static readonly SKColor White = new(240, 240, 236);
    private static readonly SKColor Black = new(26, 26, 28);

    public static void Stop(SKCanvas canvas)
    {
        FillPolygon(canvas, 8, 1, 22.5f, White);
        FillPolygon(canvas, 8, 0.93f, 22.5f, Red);
        Glyphs.Write(canvas, "STOP", 0.58f, 0.2f, White);
    }

    public static void NoEntry(SKCanvas canvas)
    {
        FillCircle(canvas, 1, White);
        FillCircle(canvas, 0.95f, Red);
        using var bar = Fill(White);
        canvas.DrawRect(SKRect.Create(-0.7f, -0.17f, 1.4f, 0.34f), bar);
    }

    public static void Yield(SKCanvas canvas)
    {
        FillPolygon(canvas, 3, 1, 90, Red);
        FillPolygon(canvas, 3, 0.62f, 90, White);
    }

    public static void Warning(SKCanvas canvas)
    {
        FillPolygon(canvas, 3, 1, -90, Red);
        FillPolygon(canvas, 3, 0.68f, -90, White);
        using var mark = SKPath.ParseSvgPathData("M-0.09 -0.42 H0.09 L0.05 0.06 H-0.05 Z");
        using var ink = Fill(Black);
        canvas.DrawPath(mark, ink);
        canvas.DrawCircle(0, 0.19f, 0.075f, ink);
    }

    public static void PriorityRoad(SKCanvas canvas)
    {
        FillPolygon(canvas, 4, 1, 0, Black);
        FillPolygon(canvas, 4, 0.97f, 0, White);
        FillPolygon(canvas, 4, 0.68f, 0, Yellow);
    }

    public static void SpeedLimit(SKCanvas canvas, string limit)
    {
        FillCircle(canvas, 1, Red);
        FillCircle(canvas, 0.78f, White);
        Glyphs.Write(canvas, limit, 0.72f, 0.19f, Black);
    }

    public static void TurnLeft(SKCanvas canvas)
    {
        FillCircle(canvas, 1, White);
        FillCircle(canvas, 0.95f, Blue);
        using var arrow = SKPath.ParseSvgPathData(
            "M0.36 0.66 V-0.02 Q0.36 -0.3 0.08 -0.3 H-0.16 V-0.56 L-0.7 -0.14 L-0.16 0.28 V0.02 H0.08 V0.66 Z");
        using var ink = Fill(White);
        canvas.DrawPath(arrow, ink);
    }

    /// <summary>The mirror image of <see cref="TurnLeft"/>: whoever flips photos of signs teaches a wrong label.</summary>
    public static void TurnRight(SKCanvas canvas)
    {
        canvas.Save();
        canvas.Scale(-1, 1);
        TurnLeft(canvas);
        canvas.Restore();
    }

    private static SKPaint Fill(SKColor color) => new() { IsAntialias = true, Color = color };

    private static void FillCircle(SKCanvas canvas, float radius, SKColor color)
    {
        using var paint = Fill(color);
        canvas.DrawCircle(0, 0, radius, paint);
    }

    /// <summary>A regular polygon with its first corner at this angle, and corners as round as a metal sheet's.</summary>
    private static void FillPolygon(SKCanvas canvas, int corners, float radius, float degrees, SKColor color)
    {
        using var outline = new SKPath();
        for (var corner = 0; corner < corners; corner++)
        {
            var (sin, cos) = MathF.SinCos(MathF.PI / 180 * degrees + 2 * MathF.PI / corners * corner);
            if (corner == 0)
                outline.MoveTo(radius * cos, radius * sin);
            else
                outline.LineTo(radius * cos, radius * sin);
        }
        outline.Close();
        using var paint = Fill(color);
        using var rounded = SKPathEffect.CreateCorner(0.14f * radius);
        paint.PathEffect = rounded;
        canvas.DrawPath(outline, paint);
    }
}
