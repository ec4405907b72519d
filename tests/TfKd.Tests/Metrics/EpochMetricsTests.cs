using System.Text.Json;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class EpochMetricsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-epochs-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Agreement_is_the_fraction_of_rows_that_both_put_into_the_same_class()
    {
        var seen = new List<(long[] Teacher, long[] Student)>();
        var plan = WatchedRun.Plan with
        {
            MaxEpochs = 2,
            Teacher = new GivenTeacher(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 4 }),
            Objective = new Spy(seen),
        };
        var history = WatchedRun.Run(plan).History;
        Assert.All(Enumerable.Range(0, 2), epoch =>
        {
            var pairs = seen.Skip(3 * epoch).Take(3).SelectMany(batch => batch.Teacher.Zip(batch.Student)).ToList();
            Assert.Equal(48, pairs.Count);
            Assert.Equal(pairs.Count(pair => pair.First == pair.Second) / 48.0, history[epoch].TeacherAgreement);
        });
    }

    [Fact]
    public void Without_a_teacher_there_is_no_agreement()
    {
        Assert.All(WatchedRun.Run(WatchedRun.Plan).History, epoch => Assert.Null(epoch.TeacherAgreement));
        Assert.All(WatchedRun.Run(
            WatchedRun.Plan with
            {
                Objective = new KnowledgeDistillation(),
                Teacher = new PeerTeacher(),
            }).History, epoch => Assert.Null(epoch.TeacherAgreement));
    }

    [Fact]
    public void Remaining_is_told_from_the_epochs_of_this_process()
    {
        var plan = WatchedRun.Plan with
        {
            MaxEpochs = 4,
            CheckpointDirectory = _directory,
            Teacher = new UniformTeacher(),
            Objective = new KnowledgeDistillation(),
        };
        var before = new List<EpochMetrics>();
        WatchedRun.RunAndCancel(
            plan with { Callbacks = [new WatchedRun.Watcher { EpochEnd = state => before.Add(state.History[^1]) }] }, epoch: 2);
        var history = WatchedRun.Run(plan).History;

        // The mean epoch's time is at least that of the training until now, over their number.
        Assert.True(before[0].Remaining >= 3 * before[0].Elapsed);
        Assert.True(before[1].Remaining >= before[1].Elapsed);
        Assert.True(history[2].Remaining >= history[2].Elapsed);
        Assert.Equal(TimeSpan.Zero, history[3].Remaining);
        Assert.EndsWith(" left", before[0].ToString(), StringComparison.Ordinal);
        Assert.EndsWith(" images/s", history[3].ToString(), StringComparison.Ordinal);

        // What the checkpoint kept is what was: all numbers, the dictionary of terms compared by what is in it.
        Assert.Equal(before.Select(Text), history.Take(2).Select(Text));
        Assert.All(history, epoch => Assert.NotNull(epoch.TeacherAgreement));
        Assert.All(history, epoch =>
            Assert.True(epoch.Times.Learning > TimeSpan.Zero
                && epoch.Times.Validating > TimeSpan.Zero
                && epoch.Times.Waiting >= TimeSpan.Zero));
    }

    [Fact]
    public void Metrics_written_before_there_were_these_numbers_are_read()
    {
        var metrics = JsonSerializer.Deserialize<EpochMetrics>("""
            {"Epoch":1,"MaxEpochs":3,"LearningRate":0.1,"TrainingLoss":2,"TrainingAccuracy":0.5,"Terms":{"ce":2},"Validation":null,"PeerValidation":null,"ImagesPerSecond":10,"Elapsed":"00:00:02"}
            """)!;
        Assert.Null(metrics.TeacherAgreement);
        Assert.Equal((TimeSpan.Zero, default(EpochTimes)), (metrics.Remaining, metrics.Times));
        Assert.Equal(2, metrics.Terms["ce"]);
    }

    private static string Text(EpochMetrics metrics) => JsonSerializer.Serialize(metrics);

    private sealed record Spy(List<(long[] Teacher, long[] Student)> Seen) : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            Seen.Add((input.Teacher!.Logits.argmax(1).data<long>().ToArray(), input.Student.Logits.argmax(1).data<long>().ToArray()));
            return new CrossEntropy().Compute(input);
        }
    }
}
