using TorchSharp.Modules;

namespace TfKd;

/// <summary>
/// A step of several batches, in this process: each adds its gradients, weighted by its share of the step's rows, so that their sum is the
/// gradient of the mean over all rows of the step. The activations of one batch at a time are in memory.
/// </summary>
/// <param name="participants">Who learns, and who follows.</param>
/// <param name="gradients">Computes them.</param>
internal sealed class GradientAccumulation(RunParticipants participants, BatchGradients gradients) : StepStrategy(participants)
{
    /// <inheritdoc/>
    protected override StepOutcome ComputeGradients(StepBatches batches, StepPosition position) => batches.Batches
        .Select((batch, number) => gradients.Add(batch, number, batches.ShareOf(batch), position))
        .Aggregate((sum, next) => sum + next);

    /// <inheritdoc/>
    protected override StepOutcome Reduce(StepOutcome outcome, IReadOnlyList<Parameter> parameters) => outcome;
}
