using SkiaSharp;

namespace QuickStart.Drawing;

/// <summary>What a cheap camera in a moving car does to a scene: exposure, a colour cast, blur, noise, and JPEG.</summary>
internal static class Camera
{
    /// <summary>The pixel format of scenes and photos: the same on every machine.</summary>
    public static SKImageInfo Format(int size) => new(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque);

    /// <summary>Photographs a square scene.</summary>
    /// <param name="size">Width and height of the photo in pixels.</param>
    /// <returns>A JPEG file.</returns>
    public static byte[] Develop(SKSurface scene, int size, Random random)
    {
        using var photo = new SKBitmap(Format(size));
        using (var canvas = new SKCanvas(photo))
        using (var sharp = scene.Snapshot())
        using (var blurred = Unsharp(sharp, random))
        using (var exposure = Exposure(random))
        using (var paint = new SKPaint { ColorFilter = exposure, FilterQuality = SKFilterQuality.Medium })
            canvas.DrawImage(blurred, SKRect.Create(size, size), paint);
        var pixels = photo.Bytes;
        AddNoise(pixels, 2 + Math.Abs(7 * random.Normal()), random);
        using var noisy = SKImage.FromPixelCopy(photo.Info, pixels, photo.RowBytes);
        using var file = noisy.Encode(SKEncodedImageFormat.Jpeg, random.Next(28, 93));
        return file.ToArray();
    }

    /// <summary>Brightness, contrast and colour cast in one matrix.</summary>
    private static SKColorFilter Exposure(Random random)
    {
        var contrast = random.Between(0.5, 1.25);
        var brightness = random.Between(-0.2, 0.16);
        var warmth = 0.14f * random.Normal();
        var offset = 0.5f * (1 - contrast) + brightness;
        return SKColorFilter.CreateColorMatrix(
        [
            contrast * (1 + warmth), 0, 0, 0, offset,
            0, contrast, 0, 0, offset,
            0, 0, contrast * (1 - warmth), 0, offset,
            0, 0, 0, 1, 0,
        ]);
    }

    private static SKImage Unsharp(SKImage sharp, Random random) => random.Chance(0.5)
        ? Blur(sharp, random.Between(0, 2.4))
        : Move(sharp, random.Between(0, 13), random.Between(0, Math.PI));

    /// <summary>Out of focus.</summary>
    private static SKImage Blur(SKImage sharp, float sigma) => Redraw(sharp, canvas =>
    {
        using var lens = SKImageFilter.CreateBlur(sigma, sigma, SKShaderTileMode.Clamp);
        using var paint = new SKPaint { ImageFilter = lens };
        canvas.DrawImage(sharp, 0, 0, paint);
    });

    /// <summary>The camera moves while the shutter is open: the mean of shifted scenes.</summary>
    private static SKImage Move(SKImage sharp, float distance, float angle) => Redraw(sharp, canvas =>
    {
        const int Exposures = 9;
        var (sin, cos) = MathF.SinCos(angle);
        for (var exposure = 0; exposure < Exposures; exposure++)
        {
            var shift = distance * (exposure / (Exposures - 1f) - 0.5f);
            // Weights 1, 1/2, 1/3, ...: the running mean of what was drawn so far.
            using var paint = new SKPaint { Color = SKColors.White.WithAlpha((byte)(255 / (exposure + 1))) };
            canvas.DrawImage(sharp, shift * cos, shift * sin, paint);
        }
    });

    private static SKImage Redraw(SKImage image, Action<SKCanvas> draw)
    {
        using var surface = SKSurface.Create(Format(image.Width));
        surface.Canvas.DrawImage(image, 0, 0);
        draw(surface.Canvas);
        return surface.Snapshot();
    }

    private static void AddNoise(byte[] pixels, float deviation, Random random)
    {
        const int BytesPerPixel = 4;
        for (var i = 0; i < pixels.Length; i += BytesPerPixel)
        {
            // Mostly of the brightness, a little of each colour.
            var grain = deviation * random.Normal();
            for (var channel = 0; channel < 3; channel++)
                pixels[i + channel] = (byte)Math.Clamp(pixels[i + channel] + grain + 0.4f * deviation * random.Normal(), 0, 255);
        }
    }
}
