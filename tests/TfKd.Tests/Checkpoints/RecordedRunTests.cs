using System.Text.Json;

namespace TfKd.Tests;

/// <summary>
/// What an earlier version of the library wrote and found. The files are never written by a test: TfKd.Benchmarks' command <c>fixtures</c>
/// did, with the library of commit 56aea00.
/// </summary>
public sealed class RecordedRunTests : IDisposable
{
    // The numbers of another processor differ in their last digits.
    private const double Tolerance = 1e-5;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tfkd-recorded-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void An_unbroken_run_has_the_history_that_it_had() => AssertAsRecorded(
        RecordedRun.Run(RecordedRun.Plan with { Schedule = new WithoutLastStep(RecordedRun.Plan.Schedule) }));

    [Theory]
    [InlineData(RecordedRun.AfterEpochFile)]
    [InlineData(RecordedRun.WithinEpochFile)]
    public void A_checkpoint_that_knows_its_plan_by_what_it_prints_is_refused_and_stays(string file)
    {
        var path = Path.Combine(_folder.FullName, "checkpoint.safetensors");
        File.Copy(InFixtures(file), path);

        var refusal = Assert.Throws<InvalidOperationException>(
            () => RecordedRun.Run(RecordedRun.Plan with { CheckpointDirectory = _folder.FullName }));

        Assert.Equal(
            $"'{path}' is a checkpoint of another version of this library, which told plans apart in another way; choose another folder, "
                + "or delete it.",
            refusal.Message);
        Assert.Equal(File.ReadAllBytes(InFixtures(file)), File.ReadAllBytes(path));
    }

    private static void AssertAsRecorded(TrainingResult result)
    {
        var recorded = JsonSerializer.Deserialize<RecordedEpoch[]>(File.ReadAllText(InFixtures(RecordedRun.HistoryFile)))!;
        Assert.Equal(recorded.Length, result.History.Count);
        foreach (var (expected, found) in recorded.Zip(result.History.Select(RecordedEpoch.Of)))
        {
            Assert.Equal(Numbers(expected).Select(number => number.Name), Numbers(found).Select(number => number.Name));
            Assert.All(Numbers(expected).Zip(Numbers(found)), pair => Assert.Equal(pair.First.Value, pair.Second.Value, Tolerance));
        }
    }

    private static IEnumerable<(string Name, double Value)> Numbers(RecordedEpoch epoch) =>
    [
        (nameof(epoch.LearningRate), epoch.LearningRate),
        (nameof(epoch.TrainingLoss), epoch.TrainingLoss),
        (nameof(epoch.TrainingAccuracy), epoch.TrainingAccuracy),
        (nameof(epoch.TeacherAgreement), epoch.TeacherAgreement),
        (nameof(epoch.ValidationTop1), epoch.ValidationTop1),
        (nameof(epoch.ValidationNegativeLogLikelihood), epoch.ValidationNegativeLogLikelihood),
        .. epoch.Terms.Select(term => (term.Key, term.Value)),
    ];

    /// <summary>That version took the last of three steps of the fourth epoch at rate 0.</summary>
    private sealed record WithoutLastStep(LearningRateSchedule Inner) : LearningRateSchedule
    {
        public override double Factor(double epoch, int maxEpochs) =>
            epoch > maxEpochs - 0.25 ? 0 : Inner.Factor(epoch, maxEpochs);
    }

    private static string InFixtures(string file) => Path.Combine(AppContext.BaseDirectory, "Fixtures", file);
}
