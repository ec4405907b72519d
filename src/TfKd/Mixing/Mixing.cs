using static TorchSharp.torch;

namespace TfKd;

/// <summary>A random mixture of the rows of a batch with one another, images and targets alike: an immutable value. Deriving a record brings a mixing of your own.</summary>
/// <remarks>
/// A run mixes after it augments, and before teacher and student see the images, so that both see the same ones. A mixture has no class of its own: its target is a distribution,
/// and <see cref="Targets.Labels"/> are gone.
/// </remarks>
public abstract record Mixing
{
    /// <summary>Mixes a batch.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point; they stay the caller's.</param>
    /// <param name="targets">The targets of the N rows; they stay the caller's.</param>
    /// <param name="random">The only source of randomness. A run makes a new one each step from its seed, the epoch and the step, and a resumed run the same one.</param>
    /// <returns>Fresh images of the same shape, and their targets.</returns>
    public abstract MixedBatch Apply(Tensor images, Targets targets, Random random);
}
