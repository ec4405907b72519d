using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Teachers that are made of the student, or trained for it.</summary>
public sealed class SelfTeachingTests
{
    private static readonly SmallCnn _network = new() { InputShape = new ImageShape(3, 16, 16), Width = 8 };
    private static readonly DecodedCache _training = PatternSource.Create(96);
    private static readonly DecodedCache _validation = PatternSource.Create(64, seed: 2);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Objective = new KnowledgeDistillation { Alpha = 0.5, Temperature = 2 },
        Seed = 3,
    };

    public static TheoryData<TeacherSource> Sources =>
    [
        new PreviousEpochTeacher(),
        new MovingAverageTeacher(),
        new PeerTeacher(),
        new SelfTeacher(),
        new SelfTeacher { Generations = 2 },
        new TrainedTeacher(new CifarResNet { Depth = 8, Width = 4 }),
        new TrainedTeacher(_network) { Epochs = 1 },
    ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_student_learns_from_it_and_one_seed_gives_one_model(TeacherSource source)
    {
        var (weights, result) = Run(_plan with { Teacher = source });
        Assert.True(result.Best.Validation!.Top1 > 0.7, result.Best.ToString());
        Assert.Equal(weights, Run(_plan with { Teacher = source }).Weights);
        Assert.NotEqual(weights, Run(_plan with { Objective = new CrossEntropy() }).Weights);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_resumed_run_ends_as_an_unbroken_one(TeacherSource source)
    {
        var directory = Directory.CreateTempSubdirectory("tfkd-self-teaching-").FullName;
        try
        {
            var plan = _plan with { Teacher = source };
            var (unbroken, expected) = Run(plan);
            using var cancellation = new CancellationTokenSource();
            var broken =
                plan with
                {
                    CheckpointDirectory = directory,
                    Callbacks = [new Watcher { StudentBatchEnd = state => CancelInThirdEpoch(state, cancellation) }],
                };
            Assert.ThrowsAny<OperationCanceledException>(() => Run(broken, cancellation.Token));
            var messages = new List<string>();
            var (resumed, result) = Run(
                plan with { CheckpointDirectory = directory, Callbacks = [new Watcher { Message = messages.Add }] });
            Assert.Contains(messages, message => message.StartsWith("Resumed after epoch 2 of 3", StringComparison.Ordinal));
            Assert.Equal(unbroken, resumed);
            Assert.Equal(expected.IsPeer, result.IsPeer);
            Assert.Equal(expected.History.Select(epoch => epoch.TrainingLoss), result.History.Select(epoch => epoch.TrainingLoss));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Live_tensors_stay_as_many()
    {
        foreach (var source in new TeacherSource[] { new PreviousEpochTeacher(), new MovingAverageTeacher(), new PeerTeacher() })
        {
            var counts = new List<long>();
            Run(_plan with
            {
                MaxEpochs = 8,
                Teacher = source,
                RestoreBestWeights = false,
                Callbacks = [new Watcher { StudentBatchEnd = state => Count(state, counts) }],
            });
            Assert.True(counts[3] == counts[^1], $"{source}: {string.Join(", ", counts)}");
        }

        static void Count(TrainingState state, List<long> counts)
        {
            if (state.EpochProgress < 1)
                return;
            // The two that are compared.
            counts.Add(counts.Count is 3 or 7 ? LiveTensors.Settle() : LiveTensors.Count);
        }
    }

    [Fact]
    public void First_the_previous_epoch_is_the_labels_and_then_the_student_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var student = _network.Build(4);
        using var teacher = new PreviousEpochTeacher().Open(Context(student));
        var batch = Batch();
        Assert.True(allclose(nn.functional.softmax(teacher.Teach(batch).Logits, 1), batch.Targets.Probabilities));

        teacher.OnEpochEnd();
        var before = Answer(student, batch);
        Disturb(student, 0.1);
        Assert.True(allclose(before, teacher.Teach(batch).Logits, atol: 1e-5));
        Assert.False(allclose(before, Answer(student, batch), atol: 1e-3));

        teacher.OnEpochEnd();
        Assert.True(allclose(Answer(student, batch), teacher.Teach(batch).Logits, atol: 1e-5));
    }

    [Fact]
    public void The_moving_average_keeps_the_fraction_that_it_should()
    {
        using var scope = NewDisposeScope();
        using var student = _network.Build(4);
        var weight = student.Body.state_dict()["fc.weight"];
        using var teacher = new MovingAverageTeacher { Decay = 0.6 }.Open(Context(student));
        using var noGradient = no_grad();
        var expected = weight.clone();
        // 1 - 1 / (t + 1) is 1/2 at the first step, 2/3 at the second, which is more than the decay.
        foreach (var (step, kept) in new[] { (1L, 0.5), (2L, 0.6), (3L, 0.6) })
        {
            weight.add_(1);
            teacher.OnStepEnd(step);
            expected = kept * expected + (1 - kept) * weight;
        }

        var average = teacher.ReadState().Single(entry => entry.Key == "fc.weight").Value;
        Assert.True(allclose(expected, average, atol: 1e-6));
    }

    [Fact]
    public void The_better_of_two_peers_is_returned()
    {
        var result = Run(_plan with { Teacher = new PeerTeacher(), MaxEpochs = 4 }).Result;
        var best = result.History
            .SelectMany(epoch => new[] { epoch.Validation!, epoch.PeerValidation! })
            .MaxBy(metrics => (metrics.Top1, -metrics.NegativeLogLikelihood));
        Assert.Equal(best, result.Best.Validation);
        Assert.All(result.History, epoch => Assert.NotEqual(epoch.Validation, epoch.PeerValidation));
    }

    [Fact]
    public void Peers_of_the_same_initial_weights_are_not_the_same()
    {
        var plan = _plan with
        {
            Objective = new CrossEntropy() + new SoftTargetKl(),
            Teacher = new PeerTeacher(),
            InitialWeights = new Waves(),
            MaxEpochs = 1,
        };
        var result = Run(plan).Result;
        Assert.NotEqual(result.History[0].Validation, result.History[0].PeerValidation);
        Assert.NotEqual(0, result.History[0].Terms["soft_target_kl"], 1e-6);
    }

    [Fact]
    public void The_returned_weights_are_those_of_the_better_peer()
    {
        // Over some seeds, both the student and its peer win.
        var winners = new HashSet<bool>();
        for (var seed = 0; seed < 8 && winners.Count < 2; seed++)
        {
            var trainer = new Trainer(_plan with { Teacher = new PeerTeacher(), MaxEpochs = 2, Seed = seed });
            using var student = trainer.CreateStudent(_network, 4);
            var result = trainer.Run(student, _training, _validation);
            var measured = Evaluator.Evaluate(student, _validation);
            Assert.Equal(result.Best.Validation!.Top1, measured.Top1);
            Assert.Equal(result.Best.Validation.NegativeLogLikelihood, measured.NegativeLogLikelihood, 1e-5);
            winners.Add(result.IsPeer);
        }

        Assert.Equal(2, winners.Count);
    }

    [Fact]
    public void A_poor_teacher_is_trained_for_its_own_epochs_and_says_so()
    {
        var messages = new List<string>();
        Run(_plan with { Teacher = new TrainedTeacher(_network) { Epochs = 1 }, Callbacks = [new Watcher { Message = messages.Add }] });
        Assert.Contains(
            messages,
            message => message.StartsWith("Training teacher 1: SmallCnn {", StringComparison.Ordinal)
                && message.EndsWith(", 1 epochs, CrossEntropy { }.", StringComparison.Ordinal));
        Assert.Single(messages, message => message.StartsWith("Teacher 1: Epoch 1/1: ", StringComparison.Ordinal));
        Assert.DoesNotContain(messages, message => message.StartsWith("Teacher 1: Epoch 2", StringComparison.Ordinal));
    }

    [Fact]
    public void Generations_teach_one_another()
    {
        var messages = new List<string>();
        Run(_plan with
        {
            MaxEpochs = 1,
            Teacher = new SelfTeacher { Generations = 3 },
            Callbacks = [new Watcher { Message = messages.Add }],
        });
        var trained = messages.Where(message => message.StartsWith("Training teacher ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, trained.Count);
        Assert.EndsWith("CrossEntropy { }.", trained[0], StringComparison.Ordinal);
        Assert.All(trained[1..], message => Assert.Contains("KnowledgeDistillation { Alpha = 0.5", message, StringComparison.Ordinal));
    }

    [Fact]
    public void Teachers_that_need_a_run_say_so()
    {
        var context = new TeacherContext(_training.ClassNames, _training.Shape, CPU);
        Assert.Contains(
            "is made of the student and can be opened in a run only", Refused(new PreviousEpochTeacher()), StringComparison.Ordinal);
        Assert.Contains(
            "is made of the student and can be opened in a run only", Refused(new MovingAverageTeacher()), StringComparison.Ordinal);
        Assert.Contains("trains its network by the plan of a run", Refused(new SelfTeacher()), StringComparison.Ordinal);
        Assert.Contains("trains its network by the plan of a run", Refused(new TrainedTeacher(_network)), StringComparison.Ordinal);
        Assert.Contains("cannot be a part of another teacher", Refused(new PeerTeacher()), StringComparison.Ordinal);

        string Refused(TeacherSource source) => Assert.Throws<InvalidOperationException>(() => source.Open(context)).Message;
    }

    [Fact]
    public void A_teacher_that_would_need_a_teacher_is_refused()
    {
        var plan = _plan with { Teacher = new TrainedTeacher(_network) { Objective = new KnowledgeDistillation() } };
        Assert.Contains(
            "needs a teacher, but the plan has none",
            Assert.Throws<InvalidOperationException>(() => Run(plan)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.StartsWith(
            "Decay must be within [0, 1), but is 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new MovingAverageTeacher { Decay = 1 }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Generations must be above 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => new SelfTeacher { Generations = 0 }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Epochs must be above 0",
            Assert.Throws<ArgumentOutOfRangeException>(() => new TrainedTeacher(_network) { Epochs = 0 }).Message,
            StringComparison.Ordinal);
        Assert.Equal("Architecture", Assert.Throws<ArgumentNullException>(() => new TrainedTeacher(null!)).ParamName);
    }

    private static TeacherContext Context(ImageNetwork student) => new(_training.ClassNames, _training.Shape, CPU) { Student = student };

    private static ImageBatch Batch()
    {
        var images = randint(0, 255, [5, 3, 16, 16], ScalarType.Byte);
        return new ImageBatch(images, Targets.FromLabels(tensor([0L, 1L, 2L, 3L, 0L]), 4), [0, 1, 2, 3, 4], View: 0);
    }

    private static Tensor Answer(ImageNetwork network, ImageBatch batch)
    {
        network.eval();
        using var noGradient = no_grad();
        return network.call(batch.Images);
    }

    private static void Disturb(ImageNetwork network, double amount)
    {
        using var noGradient = no_grad();
        foreach (var parameter in network.parameters())
            parameter.add_(amount);
    }

    private static void CancelInThirdEpoch(TrainingState state, CancellationTokenSource cancellation)
    {
        if (state.Epoch == 2)
            cancellation.Cancel();
    }

    private static (byte[] Weights, TrainingResult Result) Run(TrainingPlan plan, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        var result = trainer.Run(student, _training, _validation, token);
        using var stream = new MemoryStream();
        NetworkWeights.Save(student, stream);
        return (stream.ToArray(), result);
    }

    /// <summary>Watches the student's run only: those of teachers have callbacks of their own.</summary>
    // The head, too.
    private sealed record Waves : InitialWeights
    {
        public override string Fingerprint => "waves";

        public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            foreach (var parameter in network.Body.parameters())
                parameter.copy_(arange(parameter.numel(), ScalarType.Float32).sin().mul(0.1).reshape(parameter.shape));
        }
    }

    private sealed class Watcher : TrainingCallback
    {
        public Action<TrainingState>? StudentBatchEnd { get; init; }

        public Action<string>? Message { get; init; }

        public override void OnBatchEnd(TrainingState state) => StudentBatchEnd?.Invoke(state);

        public override void OnMessage(string message, bool isWarning) => Message?.Invoke(message);
    }
}
