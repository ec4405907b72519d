namespace TfKd;

/// <summary>What a run brought; the weights are in the student.</summary>
/// <param name="History">Metrics of each epoch.</param>
/// <param name="BestEpoch">The epoch whose weights the student holds, from 0.</param>
/// <param name="StopReason">Why the run ended before its last epoch; null where it did not.</param>
public sealed record TrainingResult(IReadOnlyList<EpochMetrics> History, int BestEpoch, string? StopReason)
{
    /// <summary>The metrics of <see cref="BestEpoch"/>.</summary>
    public EpochMetrics Best => History[BestEpoch];
}
