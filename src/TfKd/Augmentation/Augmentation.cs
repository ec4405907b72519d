using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A random change of images that keeps their label: an immutable value. Deriving a record brings an augmentation of your own.
/// </summary>
public abstract record Augmentation
{
    /// <summary>Returns changed images; the argument stays the caller's.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <param name="random">The only source of randomness: the same samples and view give the same change, whatever the batch.</param>
    /// <returns>
    /// A fresh tensor of the same shape and type in the caller's dispose scope. All else that was made on the way is disposed.
    /// </returns>
    /// <exception cref="ArgumentException">The images are no batch of as many samples as there are random numbers for.</exception>
    /// <exception cref="InvalidOperationException">The augmentation changed the shape or the type.</exception>
    public Tensor Apply(Tensor images, RowRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Require.Images(images, random.Count);
        using var scope = NewDisposeScope();
        return scope.Release(RequireSame(ApplyCore(images, random), images));
    }

    /// <summary>
    /// Changes images. <see cref="Apply"/> calls it within a dispose scope and takes care of the result, so there is nothing to be disposed
    /// or moved here; the images themselves may be returned where nothing is to be changed, but not be written to.
    /// </summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <param name="random">The only source of randomness: its numbers are drawn for N samples at a time.</param>
    /// <returns>Images of the same shape and type.</returns>
    protected abstract Tensor ApplyCore(Tensor images, RowRandom random);

    private Tensor RequireSame(Tensor? changed, Tensor images) =>
        changed is not null && changed.dtype == images.dtype && changed.shape.AsSpan().SequenceEqual(images.shape)
            ? changed
            : throw new InvalidOperationException(
                $"{GetType().Name}.{nameof(ApplyCore)} must return {images.dtype} of shape {Require.ShapeText(images)} as it was given, "
                    + "but returned "
                + (changed is null ? "null." : $"{changed.dtype} of shape {Require.ShapeText(changed)}."));
}
