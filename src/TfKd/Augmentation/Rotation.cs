using static TorchSharp.torch;

namespace TfKd;

/// <summary>Turns each image about its centre by a random angle; what comes in from outside is black.</summary>
/// <remarks>Nearest pixel and black corners are torchvision's defaults, with which the Tf-KD authors' code ran.</remarks>
/// <example><code>
/// var augmentation = new Rotation { Degrees = 10 };
/// </code></example>
public sealed record Rotation : Augmentation
{
    /// <summary>Largest angle either way, in degrees, 0 or more; default 15.</summary>
    public double Degrees { get; init => field = Require.NotNegative(value); } = 15;

    /// <summary>How pixels are read; default <see cref="RotationSampling.Nearest"/>.</summary>
    public RotationSampling Sampling { get; init => field = Require.Defined(value); } = RotationSampling.Nearest;

    /// <inheritdoc/>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        return GridSampling.Apply(images, Array.ConvertAll(random.NextDoubles(-Degrees, Degrees), AffineMap.Rotation), Sampling);
    }
}
