using TorchSharp.Modules;

namespace TfKd;

/// <summary>
/// A step of several processes: each adds the gradients of its share of every batch, weighted by the share's part of the step's rows, and
/// the sum over all of them is the gradient of the mean over all rows of the step.
/// </summary>
/// <param name="participants">Who learns, and who follows.</param>
/// <param name="gradients">Computes them.</param>
/// <param name="replicas">The processes.</param>
/// <param name="bucket">What the gradients are summed in.</param>
internal sealed class ReplicatedSteps(
    RunParticipants participants, BatchGradients gradients, Replicas replicas, GradientBucket bucket)
    : StepStrategy(participants)
{
    /// <inheritdoc/>
    protected override StepOutcome ComputeGradients(StepBatches batches, StepPosition position) => batches.Batches
        // Rank 0 mixes as one process would.
        .Select((batch, number) => (Rows: batch, Number: number * replicas.Count + replicas.Rank))
        .Where(batch => batch.Rows.RowIds.Count > 0)
        .Select(batch => gradients.Add(batch.Rows, batch.Number, batches.ShareOf(batch.Rows), position))
        .Aggregate(StepOutcome.OfNothing, (sum, next) => sum + next);

    /// <inheritdoc/>
    protected override StepOutcome Reduce(StepOutcome outcome, IReadOnlyList<Parameter> parameters)
    {
        double[] sums = [outcome.Rows, outcome.Correct, outcome.Labelled, outcome.Loss, outcome.PeerLoss];
        replicas.Sum(sums.AsSpan());
        var ofAll = new StepOutcome((int)sums[0], (long)sums[1], sums[3], sums[4])
        {
            Labelled = (long)sums[2],
            Diagnosis = outcome.Diagnosis,
        };
        // All of them know, and none takes the step.
        if (ofAll.IsFinite)
            bucket.Sum(replicas);
        return ofAll;
    }
}
