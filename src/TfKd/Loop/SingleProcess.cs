using TorchSharp.Modules;

namespace TfKd;

/// <summary>A step of one batch, in this process.</summary>
/// <param name="participants">Who learns, and who follows.</param>
/// <param name="gradients">Computes them.</param>
internal sealed class SingleProcess(RunParticipants participants, BatchGradients gradients) : StepStrategy(participants)
{
    /// <inheritdoc/>
    protected override StepOutcome ComputeGradients(StepBatches batches, StepPosition position) =>
        gradients.Add(batches.Batches.Single(), number: 0, share: 1, position);

    /// <inheritdoc/>
    protected override StepOutcome Reduce(StepOutcome outcome, IReadOnlyList<Parameter> parameters) => outcome;
}
