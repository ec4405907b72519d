namespace TfKd.Tests;

public sealed class TensorBoardLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-tensorboard-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_was_written_is_read_back()
    {
        var folder = Path.Combine(_directory, "run");
        var result = WatchedRun.Run(
            WatchedRun.Plan with { Objective = new TfKdRegularization(), Callbacks = [new TensorBoardLog(folder)] });
        var scalars = EventFile.Scalars(Assert.Single(Directory.GetFiles(folder)));
        Assert.Equal(
            [
                "learning_rate",
                "loss/cross_entropy",
                "loss/total",
                "loss/virtual_teacher_kl",
                "throughput",
                "training/accuracy",
                "validation/ece",
                "validation/nll",
                "validation/top1",
                "validation/top5",
            ],
            scalars.Select(scalar => scalar.Tag).Distinct().Order(StringComparer.Ordinal));
        AssertHas("loss/total", epoch => epoch.TrainingLoss);
        AssertHas("loss/virtual_teacher_kl", epoch => epoch.Terms["virtual_teacher_kl"]);
        AssertHas("validation/top1", epoch => epoch.Validation!.Top1);
        AssertHas("learning_rate", epoch => epoch.LearningRate);
        AssertHas("throughput", epoch => epoch.ImagesPerSecond);

        void AssertHas(string tag, Func<EpochMetrics, double> value) =>
            Assert.Equal(
                result.History.Select(epoch => (epoch.Epoch + 1L, (float)value(epoch))),
                scalars.Where(scalar => scalar.Tag == tag).Select(scalar => (scalar.Step, scalar.Value)));
    }

    [Fact]
    public void A_teacher_adds_its_agreement()
    {
        WatchedRun.Run(
            WatchedRun.Plan with
            {
                MaxEpochs = 1,
                Teacher = new UniformTeacher(),
                Objective = new KnowledgeDistillation(),
                Callbacks = [new TensorBoardLog(_directory)],
            },
            validate: false);
        Assert.Single(
            EventFile.Scalars(Assert.Single(Directory.GetFiles(_directory))), scalar => scalar.Tag == "training/teacher_agreement");
    }

    [Fact]
    public void A_resumed_run_adds_its_epochs_and_fills_an_empty_folder()
    {
        var checkpoint = Path.Combine(_directory, "checkpoint");
        var (kept, lost) = (Path.Combine(_directory, "kept"), Path.Combine(_directory, "lost"));
        var plan = WatchedRun.Plan with { MaxEpochs = 4, CheckpointDirectory = checkpoint };
        WatchedRun.RunAndCancel(plan with { Callbacks = [new TensorBoardLog(kept)] }, epoch: 2);
        WatchedRun.Run(plan with { Callbacks = [new TensorBoardLog(kept), new TensorBoardLog(lost)] });

        Assert.All([kept, lost], folder => Assert.Equal(
            [1L, 2, 3, 4],
            Directory
                .GetFiles(folder)
                .SelectMany(EventFile.Scalars)
                .Where(scalar => scalar.Tag == "loss/total")
                .Select(scalar => scalar.Step)
                .Order()));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_directory, "a file");
        File.WriteAllText(file, "");
        var folder = Path.Combine(file, "run");
        var message =
            Assert.Throws<IOException>(() => WatchedRun.Run(WatchedRun.Plan with { Callbacks = [new TensorBoardLog(folder)] })).Message;
        Assert.StartsWith($"TensorBoardLog cannot write to '{folder}': ", message, StringComparison.Ordinal);
    }
}
