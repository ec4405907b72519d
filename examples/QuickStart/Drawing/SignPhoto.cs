using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>A small photo of one sign: the scene at twice the size, then the camera's faults.</summary>
internal static class SignPhoto
{
    /// <summary>Width and height of a photo in pixels.</summary>
    public const int Size = 64;

    /// <summary>The scene is drawn larger than the photo, so that edges are as soft as a lens makes them.</summary>
    private const int SceneSize = 2 * Size;

    private static readonly SKRect Area = SKRect.Create(SceneSize, SceneSize);

    /// <summary>Draws a scene with the sign and photographs it.</summary>
    /// <param name="drawFace">Draws the face about the origin with radius 1.</param>
    /// <param name="random">The only source of chance: the same numbers give the same photo.</param>
    /// <returns>A JPEG file.</returns>
    public static byte[] Take(Action<SKCanvas> drawFace, Random random)
    {
        using var scene = SKSurface.Create(Camera.Format(SceneSize));
        Scenery.Draw(scene.Canvas, Area, random);
        DrawSign(scene.Canvas, drawFace, random);
        DrawShadow(scene.Canvas, random);
        return Camera.Develop(scene, Size, random);
    }

    private static void DrawSign(SKCanvas canvas, Action<SKCanvas> drawFace, Random random)
    {
        var radius = SceneSize * random.Between(0.23, 0.45);
        var slack = (SceneSize / 2f - radius) * 1.1f;
        var center = new SKPoint(Area.MidX + slack * random.Between(-1, 1), Area.MidY + slack * random.Between(-1, 1));

        DrawPost(canvas, center, radius, random);
        using var weathering = Weathering(random);
        using var weathered = new SKPaint { ColorFilter = weathering };
        canvas.SaveLayer(weathered);
        canvas.Save();
        canvas.SetMatrix(Pose(center, radius, random));
        drawFace(canvas);
        canvas.Restore();
        DrawShade(canvas, center, radius, random);
        canvas.Restore();

        if (random.Chance(0.4))
            Obstacles.Draw(canvas, SKRect.Create(center.X - radius, center.Y - radius, 2 * radius, 2 * radius), random);
    }

    /// <summary>From the face's own units into the scene: turned about three axes, scaled, moved.</summary>
    private static SKMatrix Pose(SKPoint center, float radius, Random random)
    {
        var tilt = SKMatrix.Identity;
        tilt.ScaleX = random.Between(0.72, 1);
        tilt.Persp0 = random.Between(-0.28, 0.28);
        tilt.Persp1 = random.Between(-0.2, 0.2);
        return SKMatrix.CreateTranslation(center.X, center.Y)
            .PreConcat(SKMatrix.CreateRotationDegrees(Math.Clamp(9 * random.Normal(), -24, 24)))
            .PreConcat(SKMatrix.CreateScale(radius, radius))
            .PreConcat(tilt);
    }

    private static void DrawPost(SKCanvas canvas, SKPoint center, float radius, Random random)
    {
        using var steel = new SKPaint { IsAntialias = true, Color = random.Mix(new SKColor(88, 90, 94), new SKColor(186, 188, 190)) };
        canvas.DrawRect(SKRect.Create(center.X - radius * 0.07f, center.Y, radius * 0.14f, SceneSize), steel);
    }

    /// <summary>Sun and rain take the colour out of paint.</summary>
    private static SKColorFilter Weathering(Random random)
    {
        var kept = random.Between(0.4, 1);
        var (red, green, blue) = (0.3f * (1 - kept), 0.59f * (1 - kept), 0.11f * (1 - kept));
        return SKColorFilter.CreateColorMatrix(
        [
            red + kept, green, blue, 0, 0,
            red, green + kept, blue, 0, 0,
            red, green, blue + kept, 0, 0,
            0, 0, 0, 1, 0,
        ]);
    }

    /// <summary>
    /// Light falls off across the face, and dirt sticks to it. Drawn on the sign's own layer: only where there is a sign.
    /// </summary>
    private static void DrawShade(SKCanvas canvas, SKPoint center, float radius, Random random)
    {
        var (sin, cos) = MathF.SinCos(random.Between(0, 2 * Math.PI));
        var offset = new SKPoint(radius * cos, radius * sin);
        using var shader = SKShader.CreateLinearGradient(
            center - offset,
            center + offset,
            [SKColors.White.WithAlpha((byte)random.Next(0, 70)), SKColors.Black.WithAlpha((byte)random.Next(0, 130))],
            SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader, BlendMode = SKBlendMode.SrcATop };
        canvas.DrawRect(Area, paint);

        for (var spot = random.Next(10); spot > 0; spot--)
        {
            using var dirt = new SKPaint
            {
                IsAntialias = true,
                Color = new SKColor(70, 58, 44, (byte)random.Next(30, 150)),
                BlendMode = SKBlendMode.SrcATop,
            };
            canvas.DrawOval(
                center.X + radius * random.Between(-1, 1),
                center.Y + radius * random.Between(-1, 1),
                radius * random.Between(0.02, 0.16),
                radius * random.Between(0.02, 0.3),
                dirt);
        }
    }

    /// <summary>A house or a tree between the sun and the scene.</summary>
    private static void DrawShadow(SKCanvas canvas, Random random)
    {
        if (!random.Chance(0.35))
            return;
        using var shadow = new SKPaint { IsAntialias = true, Color = new SKColor(8, 12, 30, (byte)random.Next(60, 150)) };
        var middle = random.PointIn(Area);
        canvas.Save();
        canvas.RotateDegrees(random.Between(0, 360), middle.X, middle.Y);
        canvas.DrawRect(
            SKRect.Create(middle.X, middle.Y - 2 * SceneSize, random.Chance(0.5) ? 2 * SceneSize : random.Between(10, 50), 4 * SceneSize),
            shadow);
        canvas.Restore();
    }
}
