using static TorchSharp.torch;

namespace TfKd;

/// <summary>Mirrors some of the images, left for right.</summary>
/// <example><code>
/// var augmentation = new HorizontalFlip { Probability = 0.5 };
/// </code></example>
public sealed record HorizontalFlip : Augmentation
{
    /// <summary>Probability that an image is mirrored, within [0, 1]; default 0.5.</summary>
    public double Probability { get; init => field = Require.Fraction(value); } = 0.5;

    /// <inheritdoc/>
    protected override Tensor ApplyCore(Tensor images, RowRandom random) => Flips.Apply(images, random, Probability, dimension: 3);
}
