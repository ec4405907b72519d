namespace TfKd;

/// <content>What a plan is told from others by, and what people read of it.</content>
public sealed partial record TrainingPlan
{
    // What a cache does to the answers; one that keeps them as they are makes no other run.
    private string AnswersText => Teacher is not null && TeacherCache is { ChangesNumbers: true } cache
        ? $", answers kept as {cache.Precision}, {cache.TopK?.ToString() ?? "all"} classes"
        : "";

    private string BestEpochText => RestoreBestWeights && RankingMetric != ValidationMetric.Accuracy ? $", by {RankingMetric}" : "";

    // Only where there is one: a plan without is the plan that it was before there were any.
    private IEnumerable<string> ClippingLines => MaxGradientNorm is { } norm ? [$"Maximum gradient norm: {norm}"] : [];

    private IEnumerable<string> AverageLines => WeightAverage is { } average ? [$"Ends with: {average}"] : [];

    private IEnumerable<string> IntegerLines => FakeQuantization is { } integers ? [$"Computes in integers: {integers}"] : [];

    private IEnumerable<string> ProbeLines => LinearProbe is { } probe ? [$"First epoch: {probe}"] : [];

    private IEnumerable<string> StatisticsLines => FreezeBatchNormStatistics ? ["Batch norm statistics: frozen"] : [];

    private IEnumerable<string> AccumulationLines => AccumulateSteps > 1 ? [$"Batches a step: {AccumulateSteps}"] : [];

    private IEnumerable<string> OrientationLines =>
        TestTimeAugmentation == TestTimeAugmentation.None ? [] : [$"Test-time augmentation: {TestTimeAugmentation}"];

    /// <summary>
    /// What tells the plan from those that give other weights, for the card of a model; null where a member of it cannot be written.
    /// </summary>
    internal string? TryIdentify()
    {
        try
        {
            return CanonicalText.Hash(CanonicalText.Of((nameof(TrainingPlan), Essence)));
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What this process runs of it: one of several neither writes checkpoints nor has watchers, but for the first.</summary>
    internal TrainingPlan OfThisProcess => Replicas is null or { Rank: 0 }
        ? this
        : this with { CheckpointDirectory = null, Callbacks = [], BestEpochMetric = RankingMetric };

    /// <summary>What determines the weights, in words, for people. The same in every culture; two plans of one text may differ.</summary>
    public string Describe() => InvariantText.Of(() => string.Join('\n',
    [
        $"Objective: {Objective}",
        $"Teacher: {Teacher?.ToString() ?? "none"}{AnswersText}",
        $"Class weighting: {ClassWeighting?.ToString() ?? "none"}",
        $"Augmentations: {(Augmentations.Count == 0 ? "none" : string.Join(", ", Augmentations))}",
        $"Mixing: {Mixing?.ToString() ?? "none"}",
        $"Views: {Views?.ToString() ?? "new ones each epoch"}",
        $"Batch size: {BatchSize}",
        .. AccumulationLines,
        $"Epochs: {MaxEpochs}",
        $"Optimizer: {Optimizer}",
        .. ClippingLines,
        .. AverageLines,
        $"Schedule: {Schedule}",
        $"Initial weights: {InitialWeights?.ToString() ?? "random"}",
        .. ProbeLines,
        $"Frozen stages: {FrozenStages}",
        .. StatisticsLines,
        $"Backbone learning rate factor: {BackboneLearningRateFactor}",
        $"Normalization: {Normalization?.ToString() ?? (InitialWeights is null ? "of the training rows" : "of the initial weights")}",
        $"Precision: {Precision}",
        .. IntegerLines,
        $"Restore best weights: {RestoreBestWeights}{BestEpochText}",
        .. OrientationLines,
        $"Seed: {Seed}",
    ]));
}
