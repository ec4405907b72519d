namespace TfKd.Tests;

/// <summary>What the fixtures hold of an epoch: all that does not depend on the time that it took.</summary>
internal sealed record RecordedEpoch
{
    public required double LearningRate { get; init; }

    public required double TrainingLoss { get; init; }

    public required double TrainingAccuracy { get; init; }

    public required double TeacherAgreement { get; init; }

    public required double ValidationTop1 { get; init; }

    public required double ValidationNegativeLogLikelihood { get; init; }

    public required SortedDictionary<string, double> Terms { get; init; }

    public static RecordedEpoch Of(EpochMetrics metrics) => new()
    {
        LearningRate = metrics.LearningRate,
        TrainingLoss = metrics.TrainingLoss,
        TrainingAccuracy = metrics.TrainingAccuracy,
        TeacherAgreement = metrics.TeacherAgreement!.Value,
        ValidationTop1 = metrics.Validation!.Top1,
        ValidationNegativeLogLikelihood = metrics.Validation.NegativeLogLikelihood,
        Terms = new(metrics.Terms.ToDictionary()),
    };
}
