using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class ResumeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-resume-").FullName;

    private TrainingPlan Plan => new()
    {
        BatchSize = 16,
        MaxEpochs = 6,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Augmentations = [new RandomCrop { Padding = 2 }],
        Seed = 3,
        CheckpointDirectory = _directory,
    };

    public static TheoryData<OptimizerSettings> Optimizers =>
    [
        new Sgd { LearningRate = 0.05 }, new AdamW(), new Adam(), new RmsProp { LearningRate = 0.001, Momentum = 0.9 }, new Lamb(),
        new Sam(new Sgd { LearningRate = 0.05, Momentum = 0.9 }),
    ];

    [Fact]
    public void Other_validation_rows_are_another_run()
    {
        var plan = WatchedRun.Plan with { CheckpointDirectory = _directory };
        var (training, validation) = (PatternSource.Create(48), PatternSource.Create(32, seed: 2));
        var first = WatchedRun.Run(plan, training, validation);
        Assert.Equal(first.Best.Validation, WatchedRun.Run(plan, training, validation).Best.Validation);
        foreach (var other in new[] { PatternSource.Create(32, seed: 4), null })
        {
            Assert.Contains(
                "They differ in\nFingerprint of the validation rows",
                Assert.Throws<InvalidOperationException>(() => WatchedRun.Run(plan, training, other)).Message,
                StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_resumed_run_ends_with_the_weights_of_an_unbroken_one(OptimizerSettings optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        CheckResumption(Plan with { Optimizer = optimizer });
    }

    [Fact]
    public void A_resumed_run_mixes_as_an_unbroken_one() =>
        CheckResumption(Plan with { Mixing = new RandomMixing(new Mixup { Alpha = 1 }, new CutMix()) });

    [Fact]
    public void A_finished_run_is_not_run_again()
    {
        var (weights, result) = Run(Plan);
        var (again, same) = Run(Plan with { Callbacks = [new Listener(_ => { }, () => Assert.Fail("a batch ran"))] });
        Assert.Equal(weights, again);
        Assert.Equal(result.BestEpoch, same.BestEpoch);
    }

    [Fact]
    public void Another_plan_does_not_continue_it()
    {
        Run(Plan);
        var message = Assert.Throws<InvalidOperationException>(() => Run(Plan with { BatchSize = 8 })).Message;
        Assert.Contains("is the checkpoint of another run; choose another folder, or delete it.", message, StringComparison.Ordinal);
        Assert.EndsWith("They differ in\nTrainingPlan.BatchSize: 16 there, 8 here", message, StringComparison.Ordinal);
        message = Assert.Throws<InvalidOperationException>(() => Run(Plan with { MaxEpochs = 7, Optimizer = new AdamW() })).Message;
        Assert.EndsWith(
            "They differ in\nTrainingPlan.MaxEpochs: 6 there, 7 here\nTrainingPlan.Optimizer: TfKd.Sgd there, TfKd.AdamW here", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_objective_with_another_list_does_not_continue_it()
    {
        var plan = Plan with { MaxEpochs = 1, Objective = new Scaled([1, 2]) };
        var (weights, _) = Run(plan);
        Assert.Equal(weights, Run(plan with { Objective = new Scaled([1, 2]) }).Weights);
        Assert.Equal(plan.Objective.ToString(), new Scaled([1, 3]).ToString());
        Assert.EndsWith(
            "\nTrainingPlan.Objective.Factors: [1.0, 2.0] there, [1.0, 3.0] here",
            Assert.Throws<InvalidOperationException>(() =>
                Run(plan with { Objective = new Scaled([1, 3]) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_culture_continues_it()
    {
        var plan = Plan with { MaxEpochs = 1, Augmentations = [new Rotation { Degrees = 7.5 }] };
        var (weights, _) = Run(plan);
        var watched = plan with { Callbacks = [new Listener(_ => { }, () => Assert.Fail("a batch ran"))] };
        Assert.Equal(weights, CanonicalTextTests.In(CanonicalTextTests.Comma(), () => Run(watched).Weights));
    }

    [Fact]
    public void A_plan_that_cannot_be_told_from_others_is_refused_before_the_first_batch()
    {
        var plan = Plan with
        {
            MaxEpochs = 1,
            Objective = 0.5 * new CrossEntropy() + new Scored(scale => scale),
            Callbacks = [new Listener(_ => { }, () => Assert.Fail("a batch ran"))],
        };
        var message = Assert.Throws<InvalidOperationException>(() => Run(plan)).Message;
        Assert.StartsWith("TrainingPlan.Objective.Terms[1].Objective.Scorer is a System.Func", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
        // Without a checkpoint nothing needs to know it again.
        Assert.Single(Run(plan with { CheckpointDirectory = null, Callbacks = [] }).Result.History);
    }

    [Fact]
    public void A_checkpoint_of_a_version_that_compared_texts_is_refused_with_the_reason()
    {
        Run(Plan with { MaxEpochs = 1 });
        var path = Path.Combine(_directory, "checkpoint.safetensors");
        var metadata = SafeTensors.ReadHeader(path).Metadata;
        SafeTensors.Write(path, [], new Dictionary<string, string> { ["plan"] = "Network: SmallCnn", ["state"] = metadata["state"] });
        Assert.Equal(
            $"'{path}' is a checkpoint of another version of this library, which told plans apart in another way; choose another folder, "
                + "or delete it.",
            Assert.Throws<InvalidOperationException>(() => Run(Plan with { MaxEpochs = 1 })).Message);
    }

    [Fact]
    public void Other_rows_do_not_continue_it()
    {
        Run(Plan);
        Assert.Contains(
            "is the checkpoint of another run",
            Assert.Throws<InvalidOperationException>(() => Run(Plan, seedOfRows: 9)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Another_teacher_in_the_same_file_does_not_continue_it()
    {
        var path = Path.Combine(_directory, "teacher.pt");
        var teacher = new TorchScriptTeacher(path) { ClassNames = PatternSource.Create(0).ClassNames };
        var plan = Plan with { Objective = new KnowledgeDistillation(), Teacher = teacher, MaxEpochs = 1 };
        TorchScriptFile.Write(path, "answer = torch.mean(torch.reshape(images, [-1, 4, 192]), [2])");
        var (weights, _) = Run(plan);
        Assert.Equal(weights, Run(plan).Weights);

        File.Delete(path);
        TorchScriptFile.Write(path, "answer = torch.neg(torch.mean(torch.reshape(images, [-1, 4, 192]), [2]))");
        Assert.Contains(
            "is the checkpoint of another run",
            Assert.Throws<InvalidOperationException>(() => Run(plan)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Other_weights_in_the_student_do_not_continue_it()
    {
        var plan = Plan with { MaxEpochs = 1 };
        var network = new SmallCnn { InputShape = PatternSource.Create(0).Shape, Width = 4 };
        using var some = network.Build(4);
        using var others = network.Build(4);
        var first = RunFrom(some);
        Assert.Equal(first, RunFrom(some));
        Assert.Contains(
            "They differ in\nFingerprint of the weights that the student came with: ",
            Assert.Throws<InvalidOperationException>(() => RunFrom(others)).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => RunFrom(null));

        byte[] RunFrom(ImageNetwork? weights)
        {
            var trainer = new Trainer(plan);
            using var student = trainer.CreateStudent(network, 4);
            if (weights is not null)
                WeightBlend.Move(student.Body.state_dict(), weights.Body.state_dict(), 1);
            trainer.Run(student, PatternSource.Create(32));
            // The same object goes on, too.
            trainer.Run(student, PatternSource.Create(32));
            return SearchCase.WeightsOf(student);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named_before_anything_is_trained()
    {
        var file = Path.Combine(_directory, "a file");
        File.WriteAllText(file, "");
        var below = Path.Combine(file, "below");
        var plan = Plan with
        {
            CheckpointDirectory = below,
            Objective = new KnowledgeDistillation(),
            Teacher = new SelfTeacher(),
            Callbacks = [new Listener(Assert.Fail, () => Assert.Fail("a batch ran"))],
        };
        var message = Assert.Throws<IOException>(() => Run(plan)).Message;
        Assert.StartsWith(
            $"CheckpointDirectory '{below}' is of no use: expected a folder that can be made and written to, found: ",
            message,
            StringComparison.Ordinal);
    }

    private static void CheckResumption(TrainingPlan plan)
    {
        var (unbroken, expected) = Run(plan with { CheckpointDirectory = null });
        Assert.ThrowsAny<OperationCanceledException>(() => Run(plan, cancelInEpoch: 3));
        var messages = new List<string>();
        var (resumed, result) = Run(plan with { Callbacks = [new Listener(messages.Add)] });
        Assert.Contains(messages, message => message.StartsWith("Resumed after epoch 3 of 6 from '", StringComparison.Ordinal));
        Assert.Equal(unbroken, resumed);
        Assert.Equal(expected.BestEpoch, result.BestEpoch);
        Assert.Equal(expected.History.Select(epoch => epoch.Validation), result.History.Select(epoch => epoch.Validation));
        Assert.Equal(expected.History.Select(epoch => epoch.TrainingLoss), result.History.Select(epoch => epoch.TrainingLoss));
    }

    private static (byte[] Weights, TrainingResult Result) Run(TrainingPlan plan, int? cancelInEpoch = null, int seedOfRows = 1)
    {
        using var source = new CancellationTokenSource();
        if (cancelInEpoch is { } epoch)
            plan = plan with { Callbacks = [new CancelInEpoch(epoch, source)] };
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 }, 4);
        var result = trainer.Run(student, PatternSource.Create(96, seed: seedOfRows), PatternSource.Create(64, seed: 2), source.Token);
        using var stream = new MemoryStream();
        NetworkWeights.Save(student, stream);
        return (stream.ToArray(), result);
    }

    private sealed record Scaled(double[] Factors) : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override Tensor ComputeCore(ObjectiveInput input) => new CrossEntropy().Compute(input) * Factors[1];
    }

    private sealed record Scored(Func<double, double> Scorer) : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override Tensor ComputeCore(ObjectiveInput input) => new CrossEntropy().Compute(input) * Scorer(1);
    }

    private sealed class CancelInEpoch(int epoch, CancellationTokenSource source) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state)
        {
            if (state.Epoch == epoch && state.EpochProgress >= 0.5)
                source.Cancel();
        }
    }

    private sealed class Listener(Action<string> message, Action? batch = null) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => batch?.Invoke();

        public override void OnMessage(string text, bool isWarning) => message(text);
    }
}
