using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Steps that are read a few at a time, as on a graphics card.</summary>
public sealed class UnreadStepsTests : IDisposable
{
    private static readonly DecodedCache _rows = PatternSource.Create(80);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 2,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
        StepsARead = 3,
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Settings => [.. _settings.Keys];

    private static readonly Dictionary<string, Func<TrainingPlan, TrainingPlan>> _settings = new()
    {
        ["cross entropy"] = plan => plan,
        ["a teacher"] = plan => plan with { Objective = new KnowledgeDistillation(), Teacher = new PreviousEpochTeacher() },
        ["a peer"] = plan => plan with { Objective = new KnowledgeDistillation(), Teacher = new PeerTeacher() },
        ["several batches, clipped"] = plan => plan with { AccumulateSteps = 2, BatchSize = 12, MaxGradientNorm = 0.1 },
        ["all augmentations"] = plan => plan with
        {
            Augmentations = [new RandomCrop(), new HorizontalFlip(), new ColorJitter(), new RandomErasing { Fill = ErasingFill.Random }],
            Mixing = new Mixup(),
            ClassWeighting = new InverseFrequencyWeighting(),
        },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Settings))]
    public void The_run_is_the_same_as_with_steps_that_are_read_at_once(string name)
    {
        var plan = _settings[name](_plan);
        var (late, weightsOfLate) = Run(plan);
        var (atOnce, weights) = Run(plan with { StepsARead = null });
        Assert.Equal(weights, weightsOfLate);
        foreach (var (first, second) in atOnce.Zip(late))
        {
            Assert.Equal(first.TrainingLoss, second.TrainingLoss);
            Assert.Equal(first.TrainingAccuracy, second.TrainingAccuracy);
            Assert.Equal(first.Terms, second.Terms);
            Assert.Equal(first.TeacherAgreement, second.TeacherAgreement);
        }
    }

    [Fact]
    public void A_run_that_goes_on_within_an_epoch_has_counted_all()
    {
        var (whole, weights) = Run(_plan);
        var kept = _plan with { CheckpointDirectory = _folder.Path, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        Run(kept with { Callbacks = [new StopAfter(7)] });
        var (resumed, weightsOfResumed) = Run(kept);
        Assert.Equal(weights, weightsOfResumed);
        Assert.Equal(whole.Select(epoch => epoch.TrainingAccuracy), resumed.Select(epoch => epoch.TrainingAccuracy));
    }

    [Fact]
    public void A_run_that_is_stopped_within_an_epoch_counts_the_rows_of_its_steps()
    {
        var (late, _) = Run(_plan with { Callbacks = [new StopAfter(2)] });
        var (atOnce, _) = Run(_plan with { StepsARead = 1, Callbacks = [new StopAfter(2)] });
        Assert.Equal(Assert.Single(atOnce).TrainingAccuracy, Assert.Single(late).TrainingAccuracy);
    }

    [Theory]
    [InlineData(7, 8)]
    [InlineData(8, 10)]
    [InlineData(9, 10)]
    public void The_first_step_that_is_not_finite_is_named_with_its_term(int step, int readAfter)
    {
        var objective = new CrossEntropy() + new BreakingObjective { Step = step, IsInfinite = true };
        var exception = Assert.Throws<TrainingDivergedException>(() => Run(_plan with { MaxEpochs = 3, Objective = objective }));
        Assert.Equal((1, (long)step, "breaking", 0.05), (exception.Epoch, exception.Step, exception.Term, exception.LearningRate));
        Assert.StartsWith($"The objective is Infinity in epoch 2, step {step + 1}, at learning rate 0.05 (", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            $"breaking Infinity). It was found after step {readAfter}, as steps are read a few at a time on this device: the weights have "
                + "changed since. A lower learning rate", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_named()
    {
        var objective = new CrossEntropy() + new BreakingObjective { Step = 6 };
        var exception = Assert.Throws<TrainingDivergedException>(() => Run(_plan with { Objective = objective, MaxGradientNorm = 1 }));
        Assert.Equal((1, 6L, "gradient"), (exception.Epoch, exception.Step, exception.Term));
        Assert.StartsWith(
            "The norm of the gradient is NaN in epoch 2, step 7, at learning rate 0.05; the objective is finite.", exception.Message,
            StringComparison.Ordinal);
    }

    private static (IReadOnlyList<EpochMetrics> History, float[] Weights) Run(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _rows.Shape, Width = 4 }, 4);
        var history = trainer.Run(student, _rows).History;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return (history, [.. student.parameters().SelectMany(parameter => parameter.detach().contiguous().data<float>().ToArray())]);
    }

    private sealed class StopAfter(int steps) : TrainingCallback
    {
        private int _steps;

        public override void OnBatchEnd(TrainingState state)
        {
            if (++_steps == steps)
                state.RequestStop("enough", immediately: true);
        }
    }
}
