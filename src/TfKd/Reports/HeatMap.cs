using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A picture of where in a photo a network sees a class.</summary>
/// <remarks>
/// Grad-CAM (Selvaraju et al., 'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization', ICCV 2017) of the last
/// of the network's stages whose maps the class depends on. It is as fine as these maps, 7x7 for most networks at 224x224 pixels, and says
/// what speaks for a class, not whether that is right.
/// </remarks>
public static class HeatMap
{
    // Smaller images are shown larger.
    private const int SmallestSide = 256;
    private const int ColourBytes = 4;

    // How much of the photo the strongest heat leaves.
    private const float Strength = 0.7f;

    /// <summary>
    /// Writes a PNG: the photo as the network sees it, scaled and cropped in the same way, but in grey, under yellow where a little speaks
    /// for the class and red where most does.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="network">The network, which names stages and takes images of 1 or 3 channels; its mode is as before afterwards.</param>
    /// <param name="image">The encoded photo: JPEG, PNG, WebP, GIF or BMP.</param>
    /// <param name="classIndex">The class, from 0. Default null: the most probable one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    /// <exception cref="ImageDecodingException">The bytes are no image, or not a whole one.</exception>
    /// <exception cref="InvalidOperationException">
    /// The architecture names no stages, or one that is not there or takes no part.
    /// </exception>
    /// <example><code>
    /// HeatMap.Save("where.png", network, File.ReadAllBytes("photo.jpg"), classIndex: 0);
    /// </code></example>
    public static void Save(string path, ImageNetwork network, ReadOnlySpan<byte> image, int? classIndex = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(network);
        if (classIndex is { } index && (index < 0 || index >= network.ClassCount))
            throw new ArgumentOutOfRangeException(
                nameof(classIndex), index, $"classIndex must be within [0, {network.ClassCount}), but is {index}.");
        var shape = network.Architecture.InputShape;
        var side = Math.Min(shape.Width, shape.Height);
        var times = (SmallestSide + side - 1) / side;
        var shown = shape with { Width = shape.Width * times, Height = shape.Height * times };
        var photo = Decode(image, shown);
        Write(path, shown, Draw(network, Decode(image, shape), shape, classIndex, photo, shown));
    }

    /// <summary>
    /// For each row, a picture that a page can hold of where the network saw a class; null where it names no stages.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="source">The rows.</param>
    /// <param name="rows">Which of them, and the class; null: the most probable one.</param>
    internal static IReadOnlyDictionary<int, string>? OfRows(
        ImageNetwork network, IImageSource source, IEnumerable<(int Row, int? Class)> rows)
    {
        if (network.Architecture.GetStages().Count == 0)
            return null;
        var shape = source.Shape;
        var pixels = new byte[shape.ByteCount];
        var pictures = new Dictionary<int, string>();
        // One by one: gradients of many photos at once take memory that the run itself did not.
        foreach (var (row, classIndex) in rows)
        {
            source.ReadPixels(row, pixels);
            pictures[row] = Thumbnail.DataUri(Draw(network, pixels, shape, classIndex, pixels, shape), shape);
        }

        return pictures;
    }

    private static byte[] Draw(
        ImageNetwork network, byte[] seen, ImageShape shape, int? classIndex, byte[] photo, ImageShape shown)
    {
        using var scope = NewDisposeScope();
        var heat = nn.functional.interpolate(
            GradCam.Of(network, tensor(seen, [1, shape.Channels, shape.Height, shape.Width]), classIndex).unsqueeze(1),
            [shown.Height, shown.Width],
            mode: InterpolationMode.Bilinear,
            align_corners: false);
        return Draw(photo, shown, heat.data<float>().ToArray());
    }

    private static byte[] Decode(ReadOnlySpan<byte> image, ImageShape shape)
    {
        var pixels = new byte[shape.ByteCount];
        ImageDecoder.Decode(image, shape, pixels);
        return pixels;
    }

    private static byte[] Draw(byte[] photo, ImageShape shape, float[] heat)
    {
        var (count, pixels) = (heat.Length, new byte[ColourBytes * heat.Length]);
        for (var i = 0; i < count; i++)
        {
            // The luma of ITU-R BT.601: on colours of its own the heat could not be told.
            var grey = shape.Channels != 3 ? photo[i] : 0.299f * photo[i] + 0.587f * photo[count + i] + 0.114f * photo[2 * count + i];
            var share = Strength * heat[i];
            ReadOnlySpan<float> colour = [byte.MaxValue, byte.MaxValue * (1 - heat[i]), 0];
            for (var channel = 0; channel < colour.Length; channel++)
                pixels[ColourBytes * i + channel] = (byte)MathF.Round((1 - share) * grey + share * colour[channel]);
            pixels[ColourBytes * i + ColourBytes - 1] = byte.MaxValue;
        }

        return pixels;
    }

    private static void Write(string path, ImageShape shape, byte[] pixels)
    {
        var info = new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var picture = SKImage.FromPixelCopy(info, pixels, ColourBytes * shape.Width);
        using var data = picture.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, data.SaveTo);
    }
}
