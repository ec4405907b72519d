namespace TfKd.Tests;

/// <summary>Checkpoints within an epoch: a run that goes on from one ends as one that was never broken off.</summary>
public sealed class ResumeWithinEpochTests : IDisposable
{
    private static readonly Dictionary<string, double> _none = [];

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-within-epoch-").FullName;

    public static TheoryData<string> Cases => [.. Plans.Keys];

    private static Dictionary<string, TrainingPlan> Plans { get; } = new()
    {
        ["SGD"] = BrokenRun.Plan,
        ["AdamW, clipped"] = BrokenRun.Plan with { Optimizer = new AdamW(), MaxGradientNorm = 0.5 },
        ["average"] = BrokenRun.Plan with { WeightAverage = new WeightAverage { Decay = 0.7 } },
        ["integers"] = BrokenRun.Plan with { FakeQuantization = new FakeQuantization() },
        ["integers later, averaged"] = BrokenRun.Plan with
        {
            FakeQuantization = new FakeQuantization { FirstEpoch = 1 },
            WeightAverage = new WeightAverage { Decay = 0.7 },
        },
        ["two rates"] = BrokenRun.Plan with { BackboneLearningRateFactor = 0.5 },
        ["previous epoch"] = BrokenRun.Plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = new PreviousEpochTeacher(),
        },
        ["mean teacher"] = BrokenRun.Plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = new MovingAverageTeacher(),
        },
        ["peer"] = BrokenRun.Plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = new PeerTeacher(),
            Optimizer = new AdamW(),
            WeightAverage = new WeightAverage(),
        },
        ["hand-made teacher"] = BrokenRun.Plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = new VirtualTeacher(),
        },
        ["trained teacher"] = BrokenRun.Plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = new TrainedTeacher(new SmallCnn { Width = 4 }) { Epochs = 1 },
        },
        ["online labels"] = BrokenRun.Plan with { Objective = 0.5 * new OnlineLabelSmoothing() + 0.5 * new CrossEntropy() },
        ["partners"] = BrokenRun.Plan with { Objective = new ClassWiseSelfKd() },
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_run_that_is_resumed_within_an_epoch_ends_as_an_unbroken_one(string name)
    {
        var plan = Plans[name];
        var (weights, expected) = BrokenRun.Run(plan);
        var kept = plan with { CheckpointDirectory = _directory, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        // Within the first epoch, within the second, and after the last step of the second.
        foreach (var steps in new[] { 3, 4, 3 })
            BrokenRun.BreakAfter(steps, kept);
        var messages = new List<string>();
        var (resumed, result) = BrokenRun.Run(kept with { Callbacks = [new BrokenRun.Listener(messages.Add)] });

        Assert.Contains(messages, message => message.StartsWith("Resumed after step 5 of epoch 2 of 3 from '", StringComparison.Ordinal));
        Assert.Equal(weights, resumed);
        Assert.Equal(expected.BestEpoch, result.BestEpoch);
        Assert.Equal(expected.History.Select(Comparable), result.History.Select(Comparable));
        Assert.Equal(expected.History.Select(epoch => epoch.Terms), result.History.Select(epoch => epoch.Terms));
        Assert.Equal(expected.TeacherReport?.ToString(), result.TeacherReport?.ToString());
        Assert.Equal(Figures(expected), Figures(result));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(15)]
    public void The_teachers_example_is_that_of_the_whole_last_epoch(int step)
    {
        var plan = Plans["trained teacher"];
        var expected = BrokenRun.Run(plan).Result.TeacherExample!;
        var kept = plan with { CheckpointDirectory = _directory, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        BrokenRun.BreakAfter(step, kept);
        var found = BrokenRun.Run(kept).Result.TeacherExample!;
        Assert.Equal((expected.Label, expected.IsRight, expected.Kl), (found.Label, found.IsRight, found.Kl));
        Assert.Equal(expected.Logits, found.Logits);
    }

    [Fact]
    public void A_run_can_be_broken_off_after_each_step()
    {
        var (weights, _) = BrokenRun.Run(BrokenRun.Plan);
        var kept = BrokenRun.Plan with { CheckpointDirectory = _directory, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        for (var process = 0; process < 3 * BrokenRun.StepsAnEpoch; process++)
            BrokenRun.BreakAfter(1, kept);
        Assert.Equal(weights, BrokenRun.Run(kept).Weights);
    }

    [Fact]
    public void A_stop_that_was_asked_for_within_an_epoch_waits_for_its_end_after_a_resumption_too()
    {
        var asking = new BrokenRun.StepCallback(state => state.RequestStop("enough"));
        var (weights, expected) = BrokenRun.Run(BrokenRun.Plan with { Callbacks = [asking] });
        var kept = BrokenRun.Plan with { CheckpointDirectory = _directory, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        using var source = new CancellationTokenSource();
        var cancelling = new BrokenRun.StepCallback(state => CancelAfter(3, state, source));
        Assert.ThrowsAny<OperationCanceledException>(() => BrokenRun.Run(kept with { Callbacks = [asking, cancelling] }, source.Token));
        var (resumed, result) = BrokenRun.Run(kept);
        Assert.Equal("enough", result.StopReason);
        Assert.Single(expected.History);
        Assert.Equal(expected.History.Select(Comparable), result.History.Select(Comparable));
        Assert.Equal(weights, resumed);
    }

    [Fact]
    public void Checkpoints_come_as_often_as_the_interval_says()
    {
        // The clock is looked at once a step, and once more when a checkpoint was written: every third step, and after the epoch of step 5.
        Assert.Equal([3, 5, 8, 10], StepsWithCheckpoints(new() { Time = TimeSpan.FromSeconds(3) }));
        Assert.Equal([5, 10], StepsWithCheckpoints(new()));
        Assert.Equal([10], StepsWithCheckpoints(new() { Epochs = 2 }));
        Assert.Equal([10], StepsWithCheckpoints(new() { Epochs = 100 }));
    }

    [Fact]
    public void Intervals_out_of_range_are_refused()
    {
        Assert.Equal(
            "Epochs must be above 0 and finite, but is 0. (Parameter 'Epochs')\nActual value was 0.",
            Refusal(() => new CheckpointInterval { Epochs = 0 }));
        Assert.Equal(
            "Time must be above 0 or null, but is 00:00:00. (Parameter 'Time')\nActual value was 00:00:00.",
            Refusal(() => new CheckpointInterval { Time = TimeSpan.Zero }));
    }

    private List<int> StepsWithCheckpoints(CheckpointInterval interval)
    {
        var folder = Path.Combine(_directory, Guid.NewGuid().ToString("N"));
        var file = Path.Combine(folder, "checkpoint.safetensors");
        var (found, steps) = (new List<int>(), 0);
        // What is there at the beginning of a step was written after the one before.
        var watcher = new BrokenRun.StepCallback(_ => Look(steps++));
        BrokenRun.Run(
            BrokenRun.Plan with
            {
                MaxEpochs = 2,
                CheckpointDirectory = folder,
                CheckpointInterval = interval,
                Clock = new SteppingClock(),
                Callbacks = [watcher],
            });
        Look(steps);
        return found;

        void Look(int step)
        {
            if (!File.Exists(file))
                return;
            found.Add(step);
            File.Delete(file);
        }
    }

    private static void CancelAfter(int step, TrainingState state, CancellationTokenSource source)
    {
        if (state.EpochProgress * BrokenRun.StepsAnEpoch > step - 0.5)
            source.Cancel();
    }

    private static string Refusal(Func<object> action) => Assert.Throws<ArgumentOutOfRangeException>(action).Message;

    private static EpochMetrics Comparable(EpochMetrics metrics) =>
        metrics with { Elapsed = TimeSpan.Zero, ImagesPerSecond = 0, Remaining = TimeSpan.Zero, Times = default, Terms = _none };

    private static (ClassificationMetrics?, double?, double?, double?) Figures(TrainingResult result) =>
        (result.TeacherReport?.Training.Metrics, result.TeacherReport?.Training.KlFromSmoothedLabel, result.TeacherReport?.Training.Entropy, result.TeacherReport?.Training.SmoothingDeviation);
}
