using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>What hides a part of a sign: a branch, a pole, snow, a sticker.</summary>
internal static class Obstacles
{
    /// <summary>Draws one obstacle over the sign.</summary>
    /// <param name="sign">The square around the sign.</param>
    public static void Draw(SKCanvas canvas, SKRect sign, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                DrawBranch(canvas, sign, random);
                break;
            case 1:
                DrawPole(canvas, sign, random);
                break;
            case 2:
                DrawSnow(canvas, sign, random);
                break;
            default:
                DrawSticker(canvas, sign, random);
                break;
        }
    }

    private static void DrawBranch(SKCanvas canvas, SKRect sign, Random random)
    {
        var fromLeft = random.Chance(0.5);
        var from = new SKPoint(
            fromLeft ? sign.Left - sign.Width / 2 : sign.Right + sign.Width / 2, random.Between(sign.Top - sign.Height / 4, sign.MidY));
        var to = new SKPoint(sign.MidX + sign.Width * random.Between(-0.2, 0.2), random.Between(sign.Top + sign.Height / 4, sign.Bottom));
        using var wood = new SKPaint
        {
            IsAntialias = true,
            Color = random.Mix(new SKColor(50, 38, 28), new SKColor(98, 80, 62)),
            StrokeWidth = sign.Width * 0.035f,
        };
        canvas.DrawLine(from, to, wood);

        var dry = random.Chance(0.25);
        for (var leaf = random.Next(14, 34); leaf > 0; leaf--)
        {
            var along = random.Between(0, 1);
            using var paint = Fill(
                dry
                    ? random.Mix(new SKColor(110, 66, 24), new SKColor(200, 150, 60))
                    : random.Mix(new SKColor(30, 58, 20), new SKColor(124, 156, 70)));
            canvas.Save();
            canvas.Translate(
                from.X + (to.X - from.X) * along + sign.Width * 0.12f * random.Normal(),
                from.Y + (to.Y - from.Y) * along + sign.Height * 0.12f * random.Normal());
            canvas.RotateDegrees(random.Between(0, 180));
            canvas.DrawOval(0, 0, sign.Width * random.Between(0.05, 0.11), sign.Width * random.Between(0.02, 0.05), paint);
            canvas.Restore();
        }
    }

    private static void DrawPole(SKCanvas canvas, SKRect sign, Random random)
    {
        var width = sign.Width * random.Between(0.08, 0.2);
        var left = random.Between(sign.Left, sign.Right - width);
        var color = random.Mix(new SKColor(60, 62, 64), new SKColor(170, 170, 166));
        using var shader = SKShader.CreateLinearGradient(
            new SKPoint(left, 0),
            new SKPoint(left + width, 0),
            [color, random.Mix(color, SKColors.White), random.Mix(color, SKColors.Black)],
            SKShaderTileMode.Clamp);
        using var paint = new SKPaint { IsAntialias = true, Shader = shader };
        canvas.Save();
        canvas.RotateDegrees(random.Between(-4, 4), sign.MidX, sign.MidY);
        canvas.DrawRect(SKRect.Create(left, sign.Top - 2 * sign.Height, width, 5 * sign.Height), paint);
        canvas.Restore();
    }

    /// <summary>Snow clings to the face from above and from one side.</summary>
    private static void DrawSnow(SKCanvas canvas, SKRect sign, Random random)
    {
        var lean = random.Between(-0.5, 0.5);
        var depth = random.Between(0.2, 0.5);
        for (var flake = 0; flake < 46; flake++)
        {
            var across = random.Between(-0.55, 0.55);
            var down = depth * random.NextDouble() * (1 + 2 * lean * across);
            using var paint = Fill(random.Mix(new SKColor(214, 222, 232), SKColors.White));
            canvas.DrawCircle(
                sign.MidX + sign.Width * across,
                sign.Top + sign.Height * (float)(down + 0.4 * across * across),
                sign.Width * random.Between(0.03, 0.1),
                paint);
        }
    }

    private static void DrawSticker(SKCanvas canvas, SKRect sign, Random random)
    {
        var place = random.PointIn(SKRect.Inflate(sign, -sign.Width / 6, -sign.Height / 6));
        using var paper = Fill(random.AnyColor());
        canvas.Save();
        canvas.Translate(place.X, place.Y);
        canvas.RotateDegrees(random.Between(-50, 50));
        var size = new SKSize(sign.Width * random.Between(0.15, 0.34), sign.Height * random.Between(0.1, 0.24));
        canvas.DrawRoundRect(SKRect.Create(-size.Width / 2, -size.Height / 2, size.Width, size.Height), 2, 2, paper);
        using var print = Fill(random.AnyColor());
        canvas.DrawRect(SKRect.Create(-size.Width / 3, -size.Height / 6, size.Width * 0.66f, size.Height * 0.22f), print);
        canvas.Restore();
    }

    private static SKPaint Fill(SKColor color) => new() { IsAntialias = true, Color = color };
}
