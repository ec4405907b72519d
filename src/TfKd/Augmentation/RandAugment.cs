using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Changes each image by some operations of fourteen, one after the other, all of one strength.</summary>
/// <remarks>
/// <para>The operations are those of <see cref="TrivialAugment"/>, each equally likely at each turn, and so is either direction where an
/// operation has two. At the full strength they go to a shear of 0.3, a translation by 150/331 of the image's side, 30 degrees, factors of
/// colour and its kin of 0.1 and 1.9, posterization to 4 bits and solarization from 0: torchvision's space. Geometry takes the nearest
/// pixel, and what comes in from outside is black.</para>
/// <para>Cubuk, Zoph, Shlens and Le, 'RandAugment: Practical automated data augmentation with a reduced search space', NeurIPS 2020. Their
/// strengths are from 0 to 10, torchvision's from 0 to 30 as here.</para>
/// </remarks>
/// <example><code>
/// IReadOnlyList&lt;Augmentation> augmentations = [new RandomCrop(), new RandAugment { Magnitude = 14 }];
/// </code></example>
public sealed record RandAugment : Augmentation
{
    private const int Strengths = 31;

    /// <summary>Operations an image, above 0. Default 2.</summary>
    public int Operations { get; init => field = Require.Positive(value); } = 2;

    /// <summary>The strength, from 0 to 30. Default 9.</summary>
    public int Magnitude
    {
        get;
        init => field = value is >= 0 and < Strengths
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Magnitude), value, $"Magnitude must be within [0, 30], but is {value}.");
    } = 9;

    /// <inheritdoc/>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        var changed = PixelValues.Floating(images);
        for (var turn = 0; turn < Operations; turn++)
        {
            var (operations, signs) = (random.NextIntegers((long)TrivialOperation.Count), random.NextDoubles());
            StrengthChoice[] choices = [.. operations.Zip(signs, (operation, sign) =>
                new StrengthChoice((TrivialOperation)operation, Magnitude / (Strengths - 1.0), sign < 0.5 ? 1 : -1))];
            // Between two operations torchvision has bytes, and so do images that come as bytes here.
            changed = PixelValues.Rounded(StrengthOperations.Change(changed, choices, OperationRanges.Rand), images);
        }

        return PixelValues.Restore(changed, images);
    }
}
