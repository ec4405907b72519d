using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Makes of the decoded rows of a batch what student and teacher see, in the fixed order: augment, mix.</summary>
/// <param name="plan">What is done to them.</param>
/// <param name="classCount">Number of classes K.</param>
/// <param name="device">Where the batch is wanted.</param>
internal sealed class BatchPreparation(TrainingPlan plan, int classCount, Device device)
{
    /// <summary>The weight of each training row, by its number; null where all weigh the same.</summary>
    public float[]? RowWeights { get; init; }

    /// <summary>What labels count for those that are missing; null where all training rows have one.</summary>
    public double? LabelScale { get; init; }

    /// <summary>Prepares a batch; its tensors belong to the caller's dispose scope.</summary>
    /// <param name="loaded">The rows.</param>
    /// <param name="view">Which augmented view of them.</param>
    /// <param name="progress">The step.</param>
    /// <param name="number">The batch's number in the step, from 0.</param>
    public ImageBatch Prepare(LoadedBatch loaded, int view, TrainingProgress progress, int number)
    {
        using var noGradient = no_grad();
        var weights = RowWeights is null ? null : DeviceCopy.Of(loaded.RowIds.Select(row => RowWeights[row]).ToArray(), device);
        var targets = loaded.TargetsOn(device, classCount, LabelScale, weights);
        var images = Augment(loaded, view);
        if (plan.Mixing is null)
            return new(images, targets, loaded.RowIds, view);
        var mixed = plan.Mixing.Apply(images, targets, new Random(MixingSeed(progress, number)));
        return new(mixed.Images, mixed.Targets, loaded.RowIds, view);
    }

    /// <summary>The rows' images, augmented; they belong to the caller's dispose scope.</summary>
    public Tensor Augment(LoadedBatch loaded, int view)
    {
        using var noGradient = no_grad();
        var images = DeviceCopy.To(loaded.Images, device);
        if (plan.Augmentations.Count > 0)
        {
            var random = new RowRandom(plan.Seed, loaded.RowIds, view);
            foreach (var augmentation in plan.Augmentations)
                images = augmentation.Apply(images, random);
        }

        return images;
    }

    // The first batch of a step draws what that of a step of one batch would.
    private int MixingSeed(TrainingProgress progress, int number) => number == 0
        ? SeedSequence.DeriveInt32(plan.Seed, SeedPurpose.Mixing, progress.Epoch, progress.Step)
        : SeedSequence.DeriveInt32(plan.Seed, SeedPurpose.Mixing, progress.Epoch, progress.Step, number);
}
