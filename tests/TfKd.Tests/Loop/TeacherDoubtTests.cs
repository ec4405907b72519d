namespace TfKd.Tests;

/// <summary>What a run says of a teacher that knows no more than guessing would.</summary>
public sealed class TeacherDoubtTests
{
    private static readonly TrainingPlan _plan = WatchedRun.Plan with
    {
        MaxEpochs = 2,
        Objective = new KnowledgeDistillation(),
    };

    [Fact]
    public void Classes_in_the_wrong_order_are_warned_of_after_the_first_epoch_and_once()
    {
        var (watcher, epochsBefore) = (new WatchedRun.Watcher(), -1);
        var plan = _plan with { Teacher = new Shifted(1) };
        WatchedRun.Run(plan with { Callbacks = [watcher, new WatchedRun.Watcher { EpochEnd = See }] });

        var warning = Assert.Single(watcher.Warnings, text => text.Contains("is at chance", StringComparison.Ordinal));
        Assert.Contains(
            "it puts 0.0 % into it, as a mean over the classes, where guessing would put 25.0 %", warning, StringComparison.Ordinal);
        Assert.Contains("Check that its ClassNames are in the order of its outputs", warning, StringComparison.Ordinal);
        Assert.Equal(0, epochsBefore);

        void See(TrainingState state)
        {
            if (epochsBefore < 0 && watcher.Warnings.Count > 0)
                epochsBefore = state.History.Count - 1;
        }
    }

    [Fact]
    public void One_that_always_says_the_largest_class_is_warned_of() => Assert.Contains(
        Warnings(new Shifted(null)), text => text.Contains("is at chance", StringComparison.Ordinal));

    public static TheoryData<TeacherSource> Others =>
        [new Shifted(0), new UniformTeacher(), new VirtualTeacher(), new PreviousEpochTeacher(), new MovingAverageTeacher()];

    [Theory]
    [MemberData(nameof(Others))]
    public void One_that_knows_something_that_follows_or_that_says_nothing_is_not(TeacherSource teacher) => Assert.DoesNotContain(
        Warnings(teacher), text => text.Contains("is at chance", StringComparison.Ordinal));

    private static List<string> Warnings(TeacherSource teacher)
    {
        var watcher = new WatchedRun.Watcher();
        WatchedRun.Run(_plan with { Teacher = teacher, Callbacks = [watcher] });
        return watcher.Warnings;
    }

    /// <summary>Knows each row's class, but calls it by the name of one so many places behind; null: by that of the first.</summary>
    private sealed record Shifted(int? Places) : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) => new Answers(Places, context.ClassNames.Count);

        private sealed class Answers(int? places, int classes) : Teacher
        {
            protected override TeacherSignal TeachCore(ImageBatch batch)
            {
                var labels = batch.Targets.Labels!;
                var said = places is { } count ? (labels + count).remainder(classes) : labels * 0;
                return new(TorchSharp.torch.nn.functional.one_hot(said, classes).to(TorchSharp.torch.ScalarType.Float32) * 5);
            }
        }
    }
}
