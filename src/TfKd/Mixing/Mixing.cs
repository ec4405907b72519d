using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A random mixture of the samples of a batch with one another, images and targets alike: an immutable value. Deriving a record brings a
/// mixing of your own.
/// </summary>
/// <remarks>
/// A run mixes after it augments, and before teacher and student see the images, so that both see the same ones. A mixture has no class of
/// its own: its target is a distribution, and <see cref="Targets.Labels"/> are gone.
/// </remarks>
public abstract record Mixing
{
    /// <summary>Mixes a batch.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point; they stay the caller's.</param>
    /// <param name="targets">The targets of the N samples; they stay the caller's.</param>
    /// <param name="random">
    /// The only source of randomness. A run makes a new one each step from its seed, the epoch and the step, and a resumed run the same
    /// one.
    /// </param>
    /// <returns>
    /// Fresh images of the same shape in the caller's dispose scope, and their targets: fresh tensors too, or <paramref name="targets"/>
    /// itself. All else that was made on the way is disposed.
    /// </returns>
    /// <exception cref="ArgumentException">The images are no batch of bytes or floating point numbers.</exception>
    /// <exception cref="InvalidOperationException">The mixing changed the shape of the images or the number of targets.</exception>
    public MixedBatch Apply(Tensor images, Targets targets, Random random)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(random);
        Require.Images(images, images.dim() > 0 ? (int)images.shape[0] : 0);
        using var scope = NewDisposeScope();
        var mixed = RequireSame(ApplyCore(images, targets, random), images, targets);
        return new(
            scope.Release(mixed.Images),
            ReferenceEquals(mixed.Targets, targets) ? targets : mixed.Targets.WithScaleOf(targets).Release(scope));
    }

    /// <summary>
    /// Mixes a batch. <see cref="Apply"/> calls it within a dispose scope and takes care of the result, so there is nothing to be disposed
    /// or moved here; the arguments themselves may be returned where nothing is to be mixed, but not be written to.
    /// </summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <param name="targets">The targets of the N samples.</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>Images of the same shape, and their targets.</returns>
    protected abstract MixedBatch ApplyCore(Tensor images, Targets targets, Random random);

    private MixedBatch RequireSame(MixedBatch? mixed, Tensor images, Targets targets)
    {
        if (mixed is not null && KindOf(mixed.Targets) != KindOf(targets))
            throw new InvalidOperationException(
                $"{GetType().Name}.{nameof(ApplyCore)} must return targets of the kind that came, {KindOf(targets)}, but returned "
                    + $"{KindOf(mixed.Targets)}; see {nameof(Targets)}.{nameof(Targets.FromIndicators)}.");
        if (mixed is null || !mixed.Images.shape.AsSpan().SequenceEqual(images.shape) || mixed.Targets.Count != images.shape[0])
        {
            var found = mixed is null ? "null" : $"images of shape {Require.ShapeText(mixed.Images)} and {mixed.Targets.Count} targets";
            throw new InvalidOperationException(
                $"{GetType().Name}.{nameof(ApplyCore)} must return images of shape {Require.ShapeText(images)} and as many targets, but "
                    + $"returned {found}.");
        }

        return mixed;
    }

    private static string KindOf(Targets targets) => targets switch
    {
        { AreSeveral: false } => "distributions",
        { LabelScale: null } => "of several labels",
        _ => "of several labels with the shares that are labelled",
    };
}
