namespace TfKd;

/// <summary>Whether a run may go on from the checkpoint of a plan that differs in the number of epochs alone.</summary>
internal static class MoreEpochs
{
    /// <summary>Why the epochs of the other plan are not the first of this one; null where they are.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="before">The epochs of the other one.</param>
    /// <param name="stepsAnEpoch">Steps of an epoch.</param>
    public static string? Objection(TrainingPlan plan, int before, int stepsAnEpoch)
    {
        if (before > plan.MaxEpochs)
            return "A run cannot get shorter than it was planned.";
        var shorter = plan with { MaxEpochs = before };
        for (var epoch = 0; epoch < before; epoch++)
        {
            for (var step = 0; step < stepsAnEpoch; step++)
            {
                var (then, now) = (shorter.RateOf(epoch, step, stepsAnEpoch), plan.RateOf(epoch, step, stepsAnEpoch));
                if (then != now)
                    return "The learning rate depends on the number of epochs: "
                        + FormattableString.Invariant($"with {plan.Schedule}, step {step + 1} of epoch {epoch + 1} had ")
                        + FormattableString.Invariant($"{then:G4} of {before} epochs, and has {now:G4} of {plan.MaxEpochs}.");
            }
        }

        return DependingOnEpochs(plan.Objective) is { } part
            ? $"{part} may depend on the number of epochs."
            : null;
    }

    // An objective of the user's own sees the number of epochs; of the library's only one looks at it.
    private static Objective? DependingOnEpochs(Objective objective) =>
        objective is Ramped { Epochs: null } || objective.GetType().Assembly != typeof(Objective).Assembly
            ? objective
            : objective.Parts.Select(DependingOnEpochs).FirstOrDefault(part => part is not null);
}
