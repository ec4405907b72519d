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
        var operations = random.NextIntegers((long)TrivialOperation.Count);
        var strengths = random.NextIntegers(Strengths);
        var signs = random.NextDoubles();
        StrengthChoice[] choices = [.. Enumerable.Range(0, operations.Length).Select(row => new StrengthChoice(
            (TrivialOperation)operations[row], strengths[row] / (Strengths - 1.0), signs[row] < 0.5 ? 1 : -1))];
        var changed = StrengthOperations.Change(PixelValues.Floating(images), choices, OperationRanges.Wide);
        return PixelValues.Restore(changed, images);
    }
}
