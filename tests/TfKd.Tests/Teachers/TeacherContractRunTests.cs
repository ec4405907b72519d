namespace TfKd.Tests;

/// <summary>
/// Every wrapper of teachers over every kind, in runs: it follows the student there, and comes out of a checkpoint as it went in.
/// </summary>
public sealed class TeacherContractRunTests : IDisposable
{
    private static readonly NetworkArchitecture _network = new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 };

    private static readonly Dictionary<string, TeacherSource> _followers = new()
    {
        ["follows each step"] = new MovingAverageTeacher(),
        ["follows each epoch"] = new PreviousEpochTeacher(),
    };

    private static readonly Dictionary<string, TeacherSource> _fixed = new()
    {
        ["fixed network"] = new GivenTeacher(_network),
        ["trained first"] = new TrainedTeacher(_network) { Epochs = 1 },
        ["training rows only"] = new RowTeacher(),
    };

    private static readonly Dictionary<string, TeacherSource> _others = new()
    {
        ["uniform"] = new UniformTeacher(),
        ["virtual"] = new VirtualTeacher(),
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-teachers-").FullName;

    public static TheoryData<string> Followers => [.. _followers.Keys];

    /// <summary>A cache is for fixed teachers only.</summary>
    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var (name, wrapper) in TeacherWrapper.All)
            {
                foreach (var kind in wrapper.Cache is null ? [.. _followers.Keys, .. _fixed.Keys, .. _others.Keys] : _fixed.Keys.ToArray())
                    pairs.Add(name, kind);
            }

            return pairs;
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_run_that_is_resumed_ends_as_an_unbroken_one(string wrapperName, string kind)
    {
        var wrapper = TeacherWrapper.All[wrapperName];
        var plan = BrokenRun.Plan with
        {
            Objective = new KnowledgeDistillation { Alpha = 0.5 },
            Teacher = wrapper.Source(SourceOf(kind)),
            TeacherCache = wrapper.Cache?.Invoke(Path.Combine(_directory, "cache")) ?? TeacherCache.Off,
            Augmentations = [],
        };
        var (weights, expected) = BrokenRun.Run(plan with { TeacherCache = TeacherCache.Off });
        var kept = plan with
        {
            CheckpointDirectory = Path.Combine(_directory, "checkpoint"),
            CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) },
        };
        // Within the first epoch, and within the second.
        BrokenRun.BreakAfter(3, kept);
        BrokenRun.BreakAfter(4, kept);
        var (resumed, result) = BrokenRun.Run(kept);

        Assert.Equal(expected.History.Count, result.History.Count);
        Assert.All(expected.History, (epoch, i) => Assert.Equal(epoch.TrainingLoss, result.History[i].TrainingLoss, 1e-5));
        // A kept answer was given in another batch than an unbroken run asks it in: its last bits may differ.
        if (wrapper.Cache is null)
            Assert.Equal(weights, resumed);
    }

    [Theory]
    [MemberData(nameof(Followers))]
    public void A_follower_in_an_ensemble_is_as_good_as_alone(string kind)
    {
        var alone = Run(_followers[kind]);
        // An ensemble of one, and one within another: the same distribution, but for rounding.
        foreach (var source in new[] { new EnsembleTeacher(_followers[kind]), new EnsembleTeacher(new EnsembleTeacher(_followers[kind])) })
        {
            var within = Run(source);
            Assert.True(alone.TeacherReport!.Training.Metrics.Top1 > 0.7, alone.TeacherReport.ToString());
            Assert.Equal(alone.TeacherReport.Training.Metrics.Top1, within.TeacherReport!.Training.Metrics.Top1, 0.02);
            Assert.Equal(alone.TeacherReport.Validation!.Metrics.Top1, within.TeacherReport.Validation!.Metrics.Top1, 0.02);
            Assert.All(alone.History,
                (epoch, i) => Assert.Equal(epoch.TeacherAgreement!.Value, within.History[i].TeacherAgreement!.Value, 0.02));
        }

        static TrainingResult Run(TeacherSource source) => WatchedRun.Run(
            WatchedRun.Plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = source, MaxEpochs = 8 });
    }

    [Fact]
    public void A_peer_in_an_ensemble_is_refused_before_any_member_is_trained()
    {
        var messages = new List<string>();
        var ensemble = new EnsembleTeacher(new TrainedTeacher(_network), new EnsembleTeacher(new PeerTeacher()));
        var plan = WatchedRun.Plan with
        {
            Objective = new KnowledgeDistillation(),
            Teacher = ensemble,
            Callbacks = [new BrokenRun.Listener(messages.Add)],
        };
        var message = Assert.Throws<InvalidOperationException>(() => WatchedRun.Run(plan)).Message;
        Assert.Equal("PeerTeacher learns beside the student and cannot be a part of another teacher; set it as the plan's Teacher.",
            message);
        Assert.Empty(messages);
    }

    private static TeacherSource SourceOf(string kind) =>
        _followers.GetValueOrDefault(kind) ?? _fixed.GetValueOrDefault(kind) ?? _others[kind];
}
