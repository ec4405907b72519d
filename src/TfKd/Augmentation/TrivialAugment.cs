using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Changes each image by one operation of fourteen, by a strength of thirty-one: nothing to be tuned.</summary>
/// <remarks>
/// <para>The operations are: none, shear and translation along x and y, rotation, brightness, colour, contrast, sharpness, posterization,
/// solarization, stretched contrast and equalization; each is equally likely, each strength is, and either direction is where an operation
/// has two. The space is the paper's wide one, which is torchvision's, too: shear to 0.99, translation to 32 pixels whatever the image's
/// size, rotation to 135 degrees, colour and its kin to factors from 0.01 to 1.99, posterization to 2 bits, solarization from 255 to 0.
/// Geometry takes the nearest pixel, and what comes in from outside is black. Images that are not RGB have no colour to change.</para>
/// <para>In the paper's experiments it follows the shift and the flip, and is followed by a cutout of 16 by 16 pixels on CIFAR: see
/// <see cref="RandomErasing"/>.</para>
/// <para>Müller and Hutter, 'TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation', ICCV 2021.</para>
/// </remarks>
/// <example><code>
/// IReadOnlyList&lt;Augmentation> augmentations = [new TrivialAugment(), new HorizontalFlip()];
/// </code></example>
public sealed record TrivialAugment : Augmentation
{
    private const int Strengths = 31;

    /// <inheritdoc/>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        var operations = Array.ConvertAll(random.NextIntegers((long)TrivialOperation.Count), value => (int)value);
        // From 0 to 1.
        var strengths = Array.ConvertAll(random.NextIntegers(Strengths), value => value / (Strengths - 1.0));
        var signs = Array.ConvertAll(random.NextDoubles(), value => value < 0.5 ? 1 : -1);
        var changed = PixelValues.ForEachChoice(
            PixelValues.Floating(images), operations, (int)TrivialOperation.Count, (operation, some, rows) =>
            Change((TrivialOperation)operation, some, Array.ConvertAll(rows, row => strengths[row]),
                Array.ConvertAll(rows, row => signs[row])));
        return PixelValues.Restore(changed, images);
    }

    /// <summary>Applies one operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="images">[N,C,H,W], floating point.</param>
    /// <param name="strengths">From 0 to 1, one a row.</param>
    /// <param name="signs">1 or -1, one a row: the direction, where the operation has two.</param>
    internal static Tensor Change(TrivialOperation operation, Tensor images, double[] strengths, int[] signs)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        double[] Signed(double most) => [.. strengths.Select((strength, row) => signs[row] * strength * most)];
        double[] Factors() => Array.ConvertAll(Signed(0.99), change => 1 + change);
        Tensor Geometry(double most, Converter<double, AffineMap> map) =>
            GridSampling.Apply(images, Array.ConvertAll(Signed(most), map), RotationSampling.Nearest);
        return operation switch
        {
            TrivialOperation.ShearX => Geometry(0.99, level => AffineMap.ShearX(level, height)),
            TrivialOperation.ShearY => Geometry(0.99, level => AffineMap.ShearY(level, width)),
            TrivialOperation.TranslateX => Geometry(32, pixels => AffineMap.Translation(Math.Truncate(pixels), 0)),
            TrivialOperation.TranslateY => Geometry(32, pixels => AffineMap.Translation(0, Math.Truncate(pixels))),
            TrivialOperation.Rotate => Geometry(135, AffineMap.Rotation),
            TrivialOperation.Brightness => ColourOperations.Brightness(images, Factors()),
            TrivialOperation.Colour => ColourOperations.Saturation(images, Factors()),
            TrivialOperation.Contrast => ColourOperations.Contrast(images, Factors()),
            TrivialOperation.Sharpness => ColourOperations.Sharpness(images, Factors()),
            TrivialOperation.Posterize =>
                ToneOperations.Posterize(images, Array.ConvertAll(strengths, strength => 8 - Math.Round(6 * strength))),
            TrivialOperation.Solarize => ToneOperations.Solarize(images, Array.ConvertAll(strengths, strength => 255 * (1 - strength))),
            TrivialOperation.AutoContrast => ToneOperations.AutoContrast(images),
            TrivialOperation.Equalize => ToneOperations.Equalize(images),
            _ => images.alias(),
        };
    }
}
