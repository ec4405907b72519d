namespace TfKd.Tests;

/// <summary>Metrics of an epoch that was never trained, for tests that look at its validation only.</summary>
internal static class MadeEpoch
{
    public static EpochMetrics Of(int epoch, ClassificationMetrics? validation) => new()
    {
        Epoch = epoch,
        MaxEpochs = 10,
        LearningRate = 0.1,
        TrainingLoss = 1,
        TrainingAccuracy = 0.5,
        Terms = new Dictionary<string, double>(),
        ImagesPerSecond = 1,
        Elapsed = TimeSpan.Zero,
        Validation = validation,
    };
}
