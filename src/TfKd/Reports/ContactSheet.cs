using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A picture of what a network sees of its training images: to look at before a long run.</summary>
public static class ContactSheet
{
    // Smaller images are shown in larger pixels.
    private const int SmallestSide = 64;
    private const int Gap = 2;

    /// <summary>
    /// Writes a PNG. Each line is a row of the source: first the image as it is, then augmented views of it, the views that the plan's seed
    /// gives it in the first epochs, mixed by the plan's mixing. The rows are those that come first in the first epoch, in its order. They
    /// are mixed with one another only, so that the mixtures are like those of the run, but not the same.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="source">The training rows, of 1 or 3 channels.</param>
    /// <param name="plan">The plan; only its seed, augmentations, views and mixing are looked at.</param>
    /// <param name="rows">Number of lines, above 0; default 8. No more are shown than the source has rows.</param>
    /// <param name="views">Number of epochs that are shown, above 0; default 8.</param>
    /// <exception cref="ArgumentException">The source has no rows, or images of other than 1 or 3 channels.</exception>
    /// <example><code>
    /// ContactSheet.Save("views.png", training, plan, rows: 4, views: 6);
    /// </code></example>
    public static void Save(string path, IImageSource source, TrainingPlan plan, int rows = 8, int views = 8)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(plan);
        Require.Positive(rows);
        Require.Positive(views);
        if (source.Count == 0)
            throw new ArgumentException("A contact sheet needs at least one row, but the source has none.", nameof(source));
        if (source.Shape.Channels is not (1 or 3))
            throw new ArgumentException(
                $"A contact sheet shows images of 1 or 3 channels, but those of the source are {source.Shape}.", nameof(source));
        TorchRuntime.EnsureLoaded();
        var scale = Math.Max(
            1, (SmallestSide + Math.Min(source.Shape.Height, source.Shape.Width) - 1) / Math.Min(source.Shape.Height, source.Shape.Width));
        var (height, width) = (source.Shape.Height * scale + Gap, source.Shape.Width * scale + Gap);
        var lineCount = Math.Min(rows, source.Count);
        using var sheet = new SKBitmap(
            new SKImageInfo((views + 1) * width + Gap, lineCount * height + Gap, SKColorType.Bgra8888, SKAlphaType.Opaque));
        sheet.Erase(SKColors.White);
        using var batch = new BatchLoader(source, lineCount).ReadShuffled(plan.Seed, epoch: 0).First();
        var preparation = new BatchPreparation(plan, source.ClassNames.Count, CPU);
        Draw(sheet, batch.Images, Gap, height, width, scale);
        for (var epoch = 0; epoch < views; epoch++)
        {
            using var scope = NewDisposeScope();
            var prepared = preparation.Prepare(
                batch, plan.ViewOf(epoch), new TrainingProgress(epoch, plan.MaxEpochs, Step: epoch), number: 0);
            Draw(sheet, prepared.Images, (epoch + 1) * width + Gap, height, width, scale);
        }

        using var data = sheet.Encode(SKEncodedImageFormat.Png, quality: 100);
        AtomicFile.Write(path, data.SaveTo);
    }

    /// <summary>Draws one column of images.</summary>
    private static void Draw(SKBitmap sheet, Tensor images, int left, int height, int width, int scale)
    {
        using var scope = NewDisposeScope();
        var pixels = images.is_floating_point() ? images.round().clamp(0, 255).to(ScalarType.Byte) : images;
        var bytes = pixels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().data<byte>().ToArray();
        var (lines, columns) = ((int)images.shape[2], (int)images.shape[3]);
        for (var place = 0; place < bytes.Length / 3; place++)
        {
            var (row, y, x) = (place / (lines * columns), place / columns % lines, place % columns);
            var colour = new SKColor(bytes[3 * place], bytes[3 * place + 1], bytes[3 * place + 2]);
            for (var i = 0; i < scale * scale; i++)
                sheet.SetPixel(left + x * scale + i % scale, Gap + row * height + y * scale + i / scale, colour);
        }
    }
}
