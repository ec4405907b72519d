using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Refuses batches in which a batch norm that learns would see one value a channel: it has no variance, and the running statistics, and so
/// every answer of the trained network, would be NaN.
/// </summary>
internal static class LoneValues
{
    /// <param name="student">The network, before it takes a path.</param>
    /// <param name="frozen">The layers of it that run as in evaluation.</param>
    /// <param name="shape">Shape of the images.</param>
    /// <param name="smallestBatch">Samples in the smallest batch that is learnt from.</param>
    /// <exception cref="InvalidOperationException">There is such a layer.</exception>
    public static void Refuse(ImageNetwork student, FrozenLayers frozen, ImageShape shape, int smallestBatch)
    {
        // Two samples are two values at least.
        if (smallestBatch > 1 || Find(student, frozen, shape) is not { } layer)
            return;
        throw new InvalidOperationException(
            $"With a batch of {smallestBatch} image of {shape}, the batch norm '{layer}' of {student.Architecture} sees one value a "
                + $"channel, which has no variance; expected 2 or more. Set {nameof(TrainingPlan.BatchSize)} to 2 or more (with "
                + $"{nameof(TrainingPlan.AccumulateSteps)} for larger steps), or take larger images.");
    }

    private static string? Find(ImageNetwork student, FrozenLayers frozen, ImageShape shape)
    {
        var wasTraining = student.training;
        student.train();
        frozen.Evaluate();
        var learning = student.Body.named_modules()
            .Where(entry => entry.module.training && FrozenLayers.IsBatchNorm(entry.module))
            .ToList();
        student.train(wasTraining);
        string? found = null;
        var hooks = learning.Select(entry => ((nn.Module<Tensor, Tensor>)entry.module).register_forward_hook((_, input, output) =>
        {
            if (ValuesAChannel(input) == 1)
                found ??= entry.name;
            return output;
        })).ToList();
        try
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            using var evaluation = new EvaluationMode(student);
            // What a single image may not be computed with is not known yet.
            student.call(zeros(KernelHazards.SafeBatch, shape.Channels, shape.Height, shape.Width, device: student.Device));
        }
        finally
        {
            foreach (var hook in hooks)
                hook.remove();
        }

        return found;
    }

    // Of one sample: [N,C,...].
    private static long ValuesAChannel(Tensor input) => input.shape.Skip(2).Aggregate(1L, (product, size) => product * size);
}
