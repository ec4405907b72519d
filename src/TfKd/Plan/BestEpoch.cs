namespace TfKd;

/// <summary>The best epoch of a run: the one definition of it, for the run, which keeps its weights, and for the reports.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="IsPeer">Whether the student's peer was the better of the two.</param>
internal readonly record struct BestEpoch(int Epoch, bool IsPeer)
{
    /// <summary>
    /// Chooses by <see cref="TrainingPlan.RankingMetric"/>, of equals by the lower negative log-likelihood, of those the earlier epoch, and
    /// in an epoch the student before its peer. Without <see cref="TrainingPlan.RestoreBestWeights"/>, and where an epoch was not
    /// validated, the latest epoch is the best.
    /// </summary>
    /// <param name="plan">What is run.</param>
    /// <param name="history">The epochs so far.</param>
    /// <returns>Null before the first epoch.</returns>
    public static BestEpoch? Of(TrainingPlan plan, IReadOnlyList<EpochMetrics> history)
    {
        var (best, bestRank) = ((BestEpoch?)null, (double.NegativeInfinity, double.NegativeInfinity));
        foreach (var epoch in history)
        {
            if (!plan.RestoreBestWeights || Rank(plan, epoch) is not { } student)
            {
                best = new(epoch.Epoch, IsPeer: false);
                continue;
            }

            var isPeer = epoch.PeerValidation is { } peer && Rank(plan, peer).CompareTo(student) > 0;
            var rank = isPeer ? Rank(plan, epoch.PeerValidation!) : student;
            if (best is null || rank.CompareTo(bestRank) > 0)
                (best, bestRank) = (new(epoch.Epoch, isPeer), rank);
        }

        return best;
    }

    /// <summary>The metrics of the epoch, those of its validation being of the weights that were chosen.</summary>
    public EpochMetrics In(IReadOnlyList<EpochMetrics> history) =>
        IsPeer ? history[Epoch] with { Validation = history[Epoch].PeerValidation } : history[Epoch];

    private static (double Value, double NegativeLoss)? Rank(TrainingPlan plan, EpochMetrics epoch) =>
        plan.RankingMetric.ValueOf(epoch) is { } value ? (value, ValidationMetric.Loss.ValueOf(epoch)!.Value) : null;

    private static (double Value, double NegativeLoss) Rank(TrainingPlan plan, ClassificationMetrics metrics) =>
        (plan.RankingMetric.ValueOf(metrics), -metrics.NegativeLogLikelihood);
}
