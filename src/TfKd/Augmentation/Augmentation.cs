using static TorchSharp.torch;

namespace TfKd;

/// <summary>A random change of images that keeps their label: an immutable value. Deriving a record brings an augmentation of your own.</summary>
public abstract record Augmentation
{
    /// <summary>Returns changed images, a fresh tensor of the same shape and type; the argument stays the caller's.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <param name="random">The only source of randomness: the same rows and view give the same change, whatever the batch.</param>
    public abstract Tensor Apply(Tensor images, RowRandom random);
}
