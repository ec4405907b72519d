namespace TfKd;

/// <summary>
/// Refuses processes that train together where one of them decides: what watches a run, and ends it, is called by that of rank 0 alone.
/// </summary>
internal static class OneProcess
{
    /// <param name="what">What is to be done, as the beginning of a sentence.</param>
    /// <param name="plans">The plans of it.</param>
    /// <exception cref="InvalidOperationException">A plan has several processes.</exception>
    public static void Require(string what, IEnumerable<TrainingPlan?> plans)
    {
        if (plans.FirstOrDefault(plan => plan?.Replicas is { Count: > 1 }) is { } plan)
            throw new InvalidOperationException(
                $"{what} runs in one process, but {nameof(TrainingPlan.Replicas)} has {plan.Replicas!.Count}; do it without "
                + $"{nameof(TrainingPlan.Replicas)}, then train with what was found.");
    }
}
