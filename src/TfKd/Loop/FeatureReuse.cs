namespace TfKd;

/// <summary>Decides whether a run computes the output of its frozen stages once and keeps it.</summary>
internal static class FeatureReuse
{
    /// <summary>Whether the plan has features that stay as they are, and a network that can go on from them.</summary>
    public static bool Suits(TrainingPlan plan, ImageNetwork network) =>
        plan.FrozenStages > 0 && plan.FrozenStages == network.Architecture.GetStages().Count
        && network.Body is IFeatureBody
        && plan.Augmentations.Count == 0
        && plan.Mixing is null
        // They are rounded to other numbers as weights behind them learn, and are computed in one piece.
        && plan.FakeQuantization is null
        && plan.Teacher is not PeerTeacher
        // Each would compute all of them.
        && plan.Replicas is not { Count: > 1 }
        && (plan.Objective.Needs & ObjectiveNeeds.StudentFeatures) == 0;

    /// <summary>What the frozen stages make of the rows, where that is to be kept and there is room for it; it says which.</summary>
    /// <returns>Null: the stages run with the rest.</returns>
    public static FrozenFeatures? Compute(
        TrainingPlan plan, ImageNetwork network, IImageSource source, RunCallbacks callbacks, CancellationToken token)
    {
        if (!Suits(plan, network))
            return null;
        var features = FrozenFeatures.Compute(network, source, plan.BatchSize, token);
        var limit = FrozenFeatures.MaxBytes >> 20;
        callbacks.Say(features is null
            ? $"The features of {source.Count} rows take more than {limit} MiB; the frozen stages run in every epoch."
            : $"The frozen stages ran once over {source.Count} rows.");
        return features;
    }

    /// <summary>The same of the validation rows, where there are any, and where the network looks at them as they are.</summary>
    public static FrozenFeatures? OfValidation(TrainingPlan plan, RunData data, RunCallbacks callbacks, CancellationToken token) =>
        data.Validation is { } rows && plan.TestTimeAugmentation == TestTimeAugmentation.None
            ? Compute(plan, data.Student, rows, callbacks, token)
            : null;
}
