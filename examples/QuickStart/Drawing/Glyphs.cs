using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>Letters and digits as pen strokes in a box 6 wide and 10 high: a machine without fonts draws them as well.</summary>
internal static class Glyphs
{
    private const float Width = 6, Height = 10, Gap = 2.6f;

    /// <summary>Writes a word centred on the origin.</summary>
    /// <param name="height">Height of the letters, without the pen's width.</param>
    /// <param name="weight">Width of the pen as a share of the height.</param>
    public static void Write(SKCanvas canvas, string word, float height, float weight, SKColor color)
    {
        using var pen = new SKPaint
        {
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = weight * Height,
            StrokeJoin = SKStrokeJoin.Round,
            Color = color,
        };
        canvas.Save();
        canvas.Scale(height / Height);
        canvas.Translate(-(word.Length * (Width + Gap) - Gap) / 2, -Height / 2);
        foreach (var letter in word)
        {
            using var strokes = SKPath.ParseSvgPathData(Strokes(letter));
            canvas.DrawPath(strokes, pen);
            canvas.Translate(Width + Gap, 0);
        }
        canvas.Restore();
    }

    private static string Strokes(char letter) => letter switch
    {
        '0' or 'O' => "M0 3 C0 -1 6 -1 6 3 V7 C6 11 0 11 0 7 Z",
        '3' => "M0.2 2.2 C0.8 -0.7 5.8 -0.7 5.7 2.4 C5.6 4.3 4.2 4.7 2.2 4.7 C4.4 4.7 6 5.3 6 7.3 C6 10.9 0.4 10.9 0 7.8",
        '5' => "M5.6 0 H1 L0.5 4.7 C2 3.2 6 3.2 6 6.7 C6 10.9 0.6 10.9 0 8",
        '8' => "M3 0 C6.6 0 6.6 4.7 3 4.7 C-0.6 4.7 -0.6 0 3 0 Z M3 4.7 C7 4.7 7 10 3 10 C-1 10 -1 4.7 3 4.7 Z",
        'S' => "M5.8 2 C5.2 -0.8 0.2 -0.7 0.3 2.5 C0.4 5.4 5.9 4.4 6 7.4 C6.1 10.8 0.5 10.8 0 7.9",
        'T' => "M0 0 H6 M3 0 V10",
        'P' => "M0.5 10 V0 H3 C7 0 7 5.6 3 5.6 H0.5",
        _ => throw new ArgumentOutOfRangeException(nameof(letter), letter, $"There are no strokes for '{letter}'."),
    };
}
