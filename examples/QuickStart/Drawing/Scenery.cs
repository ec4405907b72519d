using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>What is behind a sign: sky and land, a wall, or leaves, with clutter and a grain over all.</summary>
internal static class Scenery
{
    private const int GrainSize = 256;

    private static readonly Lazy<SKImage> Grain = new(MakeGrain);

    public static void Draw(SKCanvas canvas, SKRect area, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                DrawWall(canvas, area, random);
                break;
            case 1:
                DrawLeaves(canvas, area, random);
                break;
            default:
                DrawSkyAndLand(canvas, area, random);
                break;
        }
        DrawClutter(canvas, area, random);
        DrawGrain(canvas, area, random.Between(0.15, 0.6), random);
    }

    private static void DrawSkyAndLand(SKCanvas canvas, SKRect area, Random random)
    {
        var sky = random.Mix(new SKColor(96, 150, 214), new SKColor(208, 212, 216));
        FillGradient(canvas, area, sky, random.Mix(sky, SKColors.White));

        var horizon = area.Top + area.Height * random.Between(0.35, 1.0);
        for (var hill = 0; hill < 2; hill++)
        {
            using var outline = new SKPath();
            outline.MoveTo(area.Left, area.Bottom);
            for (var x = area.Left; x <= area.Right + 8; x += 8)
                outline.LineTo(x, horizon + random.Between(-7, 7));
            outline.LineTo(area.Right + 8, area.Bottom);
            using var land = Fill(random.Mix(new SKColor(46, 72, 36), new SKColor(128, 122, 104)));
            canvas.DrawPath(outline, land);
            horizon += random.Between(4, 24);
        }
    }

    private static void DrawWall(SKCanvas canvas, SKRect area, Random random)
    {
        var wall = random.Mix(new SKColor(120, 70, 58), new SKColor(206, 200, 186));
        FillGradient(canvas, area, wall, random.Mix(wall, SKColors.Black));
        using var opening = Fill(random.Mix(wall, random.Chance(0.5) ? SKColors.Black : SKColors.White));
        var (stepX, stepY) = (random.Between(12, 48), random.Between(10, 48));
        for (var y = area.Top - random.Between(0, stepY); y < area.Bottom; y += stepY)
            for (var x = area.Left - random.Between(0, stepX); x < area.Right; x += stepX)
                canvas.DrawRect(SKRect.Create(x, y, stepX * 0.62f, stepY * 0.62f), opening);
    }

    private static void DrawLeaves(SKCanvas canvas, SKRect area, Random random)
    {
        FillGradient(canvas, area, random.Mix(new SKColor(34, 56, 26), new SKColor(110, 130, 90)), new SKColor(22, 32, 18));
        for (var leaf = 0; leaf < 90; leaf++)
        {
            using var paint = Fill(random.Mix(new SKColor(28, 50, 20), new SKColor(146, 160, 84)).WithAlpha(200));
            var place = random.PointIn(area);
            canvas.DrawOval(place.X, place.Y, random.Between(2, 11), random.Between(2, 7), paint);
        }
    }

    /// <summary>Posts, wires, parked cars, shop signs: among them discs and boxes in the colours of signs.</summary>
    private static void DrawClutter(SKCanvas canvas, SKRect area, Random random)
    {
        for (var count = random.Next(3, 9); count > 0; count--)
        {
            using var paint = Fill(random.AnyColor());
            var place = random.PointIn(area);
            switch (random.Next(4))
            {
                case 0:
                    canvas.DrawOval(place.X, place.Y, random.Between(3, 20), random.Between(3, 20), paint);
                    break;
                case 1:
                    canvas.DrawRect(SKRect.Create(place.X, place.Y, random.Between(4, 40), random.Between(4, 30)), paint);
                    break;
                case 2:
                    canvas.DrawRect(SKRect.Create(place.X, area.Top, random.Between(1, 6), area.Height), paint);
                    break;
                default:
                    paint.StrokeWidth = random.Between(0.6, 3);
                    canvas.DrawLine(place, random.PointIn(area), paint);
                    break;
            }
        }
    }

    /// <summary>Brightens and darkens what is there by a piece of the noise, stretched and turned.</summary>
    private static void DrawGrain(SKCanvas canvas, SKRect area, float strength, Random random)
    {
        var piece = SKMatrix.CreateTranslation(random.Between(0, GrainSize), random.Between(0, GrainSize))
            .PostConcat(SKMatrix.CreateScale(random.Between(0.5, 4), random.Between(0.5, 4)))
            .PostConcat(SKMatrix.CreateRotationDegrees(random.Between(0, 360)));
        using var grain = Grain.Value.ToShader(SKShaderTileMode.Repeat, SKShaderTileMode.Repeat, piece);
        using var paint = new SKPaint
        {
            Shader = grain,
            Color = SKColors.White.WithAlpha((byte)(255 * strength)),
            BlendMode = SKBlendMode.HardLight,
            FilterQuality = SKFilterQuality.Low,
        };
        canvas.DrawRect(area, paint);
    }

    /// <summary>Grey fractal noise that tiles: made once, since it costs as much as all the rest of a photo.</summary>
    private static SKImage MakeGrain()
    {
        using var noise = SKShader.CreatePerlinNoiseFractalNoise(0.1f, 0.1f, 3, 1, new SKPointI(GrainSize, GrainSize));
        using var grey = SKColorFilter.CreateColorMatrix(
        [
            2, 0, 0, 0, -0.5f,
            2, 0, 0, 0, -0.5f,
            2, 0, 0, 0, -0.5f,
            0, 0, 0, 0, 1,
        ]);
        using var paint = new SKPaint { Shader = noise, ColorFilter = grey };
        using var surface = SKSurface.Create(Camera.Format(GrainSize));
        surface.Canvas.DrawPaint(paint);
        return surface.Snapshot();
    }

    private static void FillGradient(SKCanvas canvas, SKRect area, SKColor top, SKColor bottom)
    {
        using var shader = SKShader.CreateLinearGradient(
            new SKPoint(0, area.Top), new SKPoint(0, area.Bottom), [top, bottom], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        canvas.DrawRect(area, paint);
    }

    private static SKPaint Fill(SKColor color) => new() { IsAntialias = true, Color = color };
}
