using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class DivergenceTests : IDisposable
{
    private const string Advice = "A lower learning rate, a longer warm-up, or MaxGradientNorm usually helps.";

    private static readonly DecodedCache _rows = PatternSource.Create(80);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-divergence-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_term_that_is_not_finite_is_named_with_epoch_step_and_rate()
    {
        var exception = Diverge(_plan with { Objective = new CrossEntropy() + new BreakingObjective { Step = 7, IsInfinite = true } });
        Assert.Equal((1, 7L, "breaking", 0.05), (exception.Epoch, exception.Step, exception.Term, exception.LearningRate));
        Assert.Matches(
            @"^The objective is Infinity in epoch 2, step 8, at learning rate 0\.05 \(.*CrossEntropy \{ \} \+ .*BreakingObjective \{.*\}; its terms in this step: cross_entropy \d\.\d+, breaking Infinity\)\. "
                + Advice
                + "$",
            exception.Message);
    }

    [Fact]
    public void A_step_that_is_too_long_is_told_from_an_objective_that_breaks()
    {
        var exception = Diverge(_plan with { Optimizer = new Sgd { LearningRate = 1e38 } });
        Assert.Equal("cross_entropy", exception.Term);
        Assert.Equal(1e38, exception.LearningRate);
        Assert.Equal(0, exception.Epoch);
        Assert.InRange(exception.Step, 1, 4);
        Assert.Matches(
            @"; its terms in this step: cross_entropy (NaN|Infinity)\)\. (The weight '.+' was not finite any more: the step before made it so\. |The buffer '.+' is not finite: .+ a channel\. |The network's answer is not finite, but its weights are\. )?A lower",
            exception.Message);
    }

    // One step, whose weights are finite, and whose products are not.
    [Fact]
    public void Answers_to_validation_rows_that_are_not_finite_are_a_divergence()
    {
        var plan = _plan with { BatchSize = 80, Optimizer = new Sgd { LearningRate = 1e30 } };
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn(), _rows.ClassNames);
        var exception = Assert.Throws<TrainingDivergedException>(() => trainer.Run(student, _rows, PatternSource.Create(16, seed: 2)));
        Assert.Equal((0, 0L, "validation", 1e30), (exception.Epoch, exception.Step, exception.Term, exception.LearningRate));
        Assert.Matches(
            @"^Validation failed after the step in epoch 1, step 1, at learning rate 1E\+30; the weights are finite\. "
                + @"The network's output for class \d of row \d+ is (not a number|infinite)\. "
                + Advice
                + "$",
            exception.Message);
        Assert.IsType<ArithmeticException>(exception.InnerException);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_is_seen_when_it_is_clipped()
    {
        var exception = Diverge(_plan with { Objective = new CrossEntropy() + new BreakingObjective { Step = 7 }, MaxGradientNorm = 1 });
        Assert.Equal((1, 7L, "gradient", 0.05), (exception.Epoch, exception.Step, exception.Term, exception.LearningRate));
        Assert.Equal(
            $"The norm of the gradient is NaN in epoch 2, step 8, at learning rate 0.05; the objective is finite. {Advice}",
            exception.Message);
    }

    [Fact]
    public void Without_clipping_the_step_after_it_names_the_weight()
    {
        var exception = Diverge(_plan with { Objective = new CrossEntropy() + new BreakingObjective { Step = 7 } });
        Assert.Equal((1, 8L, "cross_entropy"), (exception.Epoch, exception.Step, exception.Term));
        Assert.Contains(
            "cross_entropy NaN, breaking NaN). The weight 'features.0.weight' was not finite any more: the step before made it so. A lower",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void After_the_last_step_of_an_epoch_the_weights_are_looked_at()
    {
        var exception = Diverge(_plan with { Objective = new CrossEntropy() + new BreakingObjective { Step = 9 } });
        Assert.Equal((1, 9L, "features.0.weight"), (exception.Epoch, exception.Step, exception.Term));
        Assert.Equal(
            "The weight 'features.0.weight' is not finite after the step in epoch 2, step 10, at learning rate 0.05; the objective was "
                + $"finite, so the gradient was not, or the step was too long. {Advice}",
            exception.Message);
    }

    [Theory]
    [InlineData(7, false, 7)]
    [InlineData(7, true, 7)]
    [InlineData(9, false, 9)]
    public void The_last_checkpoint_is_from_before(int breaksAt, bool isInfinite, int stepsTaken)
    {
        Diverge(_plan with
        {
            Objective = new CrossEntropy() + new BreakingObjective { Step = breaksAt, IsInfinite = isInfinite },
            CheckpointDirectory = _directory,
            CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) },
        });
        var file = Path.Combine(_directory, "checkpoint.safetensors");
        Assert.Contains($"{{\"Step\":{stepsTaken},", SafeTensors.ReadHeader(file).Metadata["state"], StringComparison.Ordinal);
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in SafeTensors.Read(file))
            Assert.True(tensor.isfinite().all().item<bool>(), name);
    }

    private static TrainingDivergedException Diverge(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _rows.Shape, Width = 4 }, 4);
        return Assert.Throws<TrainingDivergedException>(() => trainer.Run(student, _rows));
    }
}
