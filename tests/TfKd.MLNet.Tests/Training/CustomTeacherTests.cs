using CustomObjective;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>The example's teachers that train first and that follow the student, written outside of the library.</summary>
public sealed class CustomTeacherTests : IDisposable
{
    private static readonly SmallCnn _network = new() { InputShape = TestImages.Shape, Width = 4 };

    private static readonly TrainingPlan _plan = new()
    {
        Objective = 0.7 * new CrossEntropy() + 0.3 * new SymmetricKl { Temperature = 2 },
        BatchSize = 16,
        MaxEpochs = 4,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Seed = 3,
    };

    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_assistant_is_taught_by_the_large_network_and_teaches_the_student()
    {
        var source = new AssistantTeacher(_network with { Width = 8 }, _network with { Width = 6 });
        var watcher = new Watcher();
        var (_, result) = Run(_plan with { Teacher = source, Callbacks = [watcher] });
        var trained = watcher.Messages.Where(message => message.StartsWith("Training teacher ", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, trained.Count);
        Assert.Contains("Width = 8", trained[0], StringComparison.Ordinal);
        Assert.EndsWith("CrossEntropy { }.", trained[0], StringComparison.Ordinal);
        Assert.Contains("Width = 6", trained[1], StringComparison.Ordinal);
        Assert.EndsWith($"{_plan.Objective}.", trained[1], StringComparison.Ordinal);
        Assert.True(result.TeacherReport!.Training.Metrics.Top1 > 0.8, $"{result.TeacherReport}");
    }

    [Fact]
    public void An_assistant_that_was_trained_is_found_again()
    {
        var plan = _plan with { Teacher = new AssistantTeacher(_network, _network), CheckpointDirectory = _folder.Path };
        var (expected, _) = Run(plan with { CheckpointDirectory = null });
        BreakAfter(plan, steps: 5);
        var watcher = new Watcher();
        Assert.Equal(expected, Run(plan with { Callbacks = [watcher] }).Weights);
        Assert.DoesNotContain(watcher.Messages, message => message.StartsWith("Teacher 1: Epoch", StringComparison.Ordinal));
        Assert.DoesNotContain(watcher.Messages, message => message.StartsWith("Teacher 2: Epoch", StringComparison.Ordinal));
    }

    [Fact]
    public void A_snapshot_is_taken_when_an_interval_ends()
    {
        using var student = _network.Build(3);
        using var teacher = new SnapshotTeacher { Interval = 2 }.Open(Context() with { Student = student });
        var batch = new ImageBatch(
            randint(0, 255, [5, 3, 8, 8], ScalarType.Byte), Targets.FromLabels(zeros(5, ScalarType.Int64), 3), [], View: 0);
        teacher.OnEpochEnd();
        Assert.Equal(0, Answer().abs().sum().item<float>());
        var first = StudentAfterEpoch();
        Assert.True(allclose(first, Answer(), atol: 1e-5));
        var second = StudentAfterEpoch();
        Assert.True(allclose(first, Answer(), atol: 1e-5));
        Assert.False(allclose(first, second, atol: 1e-3));
        Assert.True(allclose(StudentAfterEpoch(), Answer(), atol: 1e-5));

        Tensor Answer() => teacher.Teach(batch).Logits;

        Tensor StudentAfterEpoch()
        {
            using var noGradient = no_grad();
            foreach (var parameter in student.parameters())
                parameter.add_(randn_like(parameter), 0.2);
            teacher.OnEpochEnd();
            student.eval();
            return student.call(batch.Images);
        }
    }

    [Fact]
    public void A_run_with_snapshots_in_an_ensemble_goes_on_where_it_was_stopped()
    {
        var plan = _plan with
        {
            Teacher = new EnsembleTeacher(new ColourTeacher(), new SnapshotTeacher { Interval = 2 }),
            MaxEpochs = 6,
            CheckpointDirectory = _folder.Path,
        };
        var (expected, result) = Run(plan with { CheckpointDirectory = null });
        BreakAfter(plan, steps: 14);
        Assert.Equal(expected, Run(plan).Weights);
        Assert.NotEqual(
            expected,
            Run(plan with
            {
                Teacher = new EnsembleTeacher(new ColourTeacher(), new UniformTeacher()),
                CheckpointDirectory = null,
            }).Weights);
        Assert.True(result.TeacherReport!.Training.Metrics.Top1 > 0.8, $"{result.TeacherReport}");
    }

    [Fact]
    public void Both_can_be_opened_in_a_run_only()
    {
        Assert.Contains(
            "trains its network by the plan of a run", Refusal(new AssistantTeacher(_network, _network)), StringComparison.Ordinal);
        Assert.Contains("is made of the student", Refusal(new SnapshotTeacher()), StringComparison.Ordinal);
        Assert.Equal("Interval", Assert.Throws<ArgumentOutOfRangeException>(() => new SnapshotTeacher { Interval = 0 }).ParamName);

        static string Refusal(TeacherSource source) => Assert.Throws<InvalidOperationException>(() => source.Open(Context())).Message;
    }

    private static TeacherContext Context() => new(TestRows.Names, TestImages.Shape, CPU);

    private static (byte[] Weights, TrainingResult Result) Run(TrainingPlan plan, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, TestRows.Names);
        var result = trainer.Run(student, Rows(), null, token);
        using var stream = new MemoryStream();
        NetworkWeights.Save(student, stream);
        return (stream.ToArray(), result);
    }

    private static void BreakAfter(TrainingPlan plan, int steps)
    {
        using var source = new CancellationTokenSource();
        var broken = plan with { Callbacks = [new Watcher { Steps = steps, Cancel = source.Cancel }] };
        Assert.ThrowsAny<OperationCanceledException>(() => Run(broken, source.Token));
    }

    /// <summary>Three colours, 16 images each: three steps an epoch.</summary>
    private static DecodedCache Rows()
    {
        var rows = new DecodedCache(TestImages.Shape, TestRows.Names);
        var random = new Random(1);
        var pixels = new byte[TestImages.Shape.ByteCount];
        for (var row = 0; row < 48; row++)
        {
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(random.Next(100) + (i / 64 == row % 3 ? 150 : 0));
            rows.Add(pixels, row % 3);
        }

        return rows;
    }

    private sealed class Watcher : TrainingCallback
    {
        private int _steps;

        public int Steps { get; init; }

        public Action? Cancel { get; init; }

        public List<string> Messages { get; } = [];

        public override void OnBatchEnd(TrainingState state)
        {
            if (++_steps == Steps)
                Cancel!();
        }

        public override void OnMessage(string message, bool isWarning) => Messages.Add(message);
    }
}
