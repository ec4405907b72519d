namespace TfKd;

/// <summary>Refuses a plan that several processes cannot run together, or that each of them has another one of.</summary>
internal static class ReplicaValidation
{
    /// <summary>Refuses what cannot be computed of parts of a batch.</summary>
    /// <param name="plan">The plan.</param>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public static void Check(TrainingPlan plan)
    {
        if (plan.Replicas is not { Count: > 1 and var count })
            return;
        if (NeedingWholeBatch(plan.Objective) is { } objective)
            throw new InvalidOperationException(
                $"{objective} needs the whole batch at once, but {count} replicas see a part of it each; use another objective, or train "
                    + $"in one process (leave {nameof(TrainingPlan.Replicas)} out).");
        if (plan.LinearProbe is not null)
            throw new InvalidOperationException(
                $"{nameof(TrainingPlan.LinearProbe)} fits the head in one process, but the plan has {count} replicas; leave one of them "
                    + "out.");
        if (plan.BatchSize < count)
            throw new InvalidOperationException(
                $"{nameof(TrainingPlan.BatchSize)} is {plan.BatchSize}, but the plan has {count} replicas, which share each batch; "
                    + $"expected {count} or more.");
    }

    /// <summary>Refuses fewer rows than processes.</summary>
    /// <exception cref="InvalidOperationException">There are fewer.</exception>
    public static void RequireRows(TrainingPlan plan, int rowCount)
    {
        if (plan.Replicas is { } replicas && rowCount < replicas.Count)
            throw new InvalidOperationException(
                $"The plan has {replicas.Count} replicas, which share the training rows, but there are {rowCount}; expected one row each "
                    + "at least.");
    }

    /// <summary>What the processes must have in common, in lines.</summary>
    public static string Describe(TrainingPlan plan, IImageSource training, IImageSource? validation) => string.Join(
        '\n',
        [plan.Describe(), $"Rows: {training.Count} and {validation?.Count ?? 0}", $"{training.Shape}", .. training.ClassNames]);

    /// <summary>Refuses what is not that of the first process.</summary>
    /// <param name="ofFirst">What the first one runs, in lines.</param>
    /// <param name="own">What this one runs.</param>
    /// <exception cref="InvalidOperationException">They differ.</exception>
    public static void RequireSame(string ofFirst, string own)
    {
        if (ofFirst == own)
            return;
        var (first, here) = (ofFirst.Split('\n'), own.Split('\n'));
        var line = first.Zip(here).TakeWhile(pair => pair.First == pair.Second).Count();
        throw new InvalidOperationException(
            $"The replicas must run one plan on the same rows, but that of rank 0 has '{Line(first)}', and this one '{Line(here)}'.");

        string Line(string[] lines) => lines.ElementAtOrDefault(line) ?? "nothing more";
    }

    /// <summary>The objective, or the innermost part of it, that needs all samples of a step; null where none does.</summary>
    private static Objective? NeedingWholeBatch(Objective objective) => objective.Needs.HasFlag(ObjectiveNeeds.WholeBatch)
        ? objective.Parts.Select(NeedingWholeBatch).FirstOrDefault(part => part is not null) ?? objective
        : null;
}
