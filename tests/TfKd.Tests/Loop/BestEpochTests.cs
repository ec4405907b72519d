namespace TfKd.Tests;

public sealed class BestEpochTests
{
    private static readonly DecodedCache _training = PatternSource.Create(64);
    private static readonly DecodedCache _validation = HalfWrong();

    private static readonly TrainingPlan _plan = new() { BatchSize = 16, MaxEpochs = 6, Optimizer = new Sgd { LearningRate = 0.02 }, Seed = 3 };

    [Theory]
    [InlineData(ValidationMetric.Accuracy)]
    [InlineData(ValidationMetric.Loss)]
    [InlineData(ValidationMetric.CalibrationError)]
    public void The_weights_are_those_of_the_best_epoch_by_the_metric(ValidationMetric metric)
    {
        var (result, metrics) = Run(_plan with { BestEpochMetric = metric });
        Assert.Equal(BestBy(metric, result), result.BestEpoch);
        Assert.Equal(result.Best.Validation, metrics);
    }

    [Fact]
    public void What_stops_the_run_early_chooses_the_epoch_unless_the_plan_says_otherwise()
    {
        var stopping = new EarlyStopping { Metric = ValidationMetric.CalibrationError, Patience = 100 };
        var (watched, _) = Run(_plan with { Callbacks = [stopping] });
        var best = BestBy(ValidationMetric.CalibrationError, watched);
        Assert.NotEqual(BestBy(ValidationMetric.Accuracy, watched), best);
        Assert.Equal(best, watched.BestEpoch);
        var (chosen, _) = Run(_plan with { Callbacks = [stopping], BestEpochMetric = ValidationMetric.Accuracy });
        Assert.Equal(BestBy(ValidationMetric.Accuracy, watched), chosen.BestEpoch);
    }

    [Fact]
    public void It_is_part_of_the_plan_where_it_is_not_accuracy()
    {
        Assert.Contains("\nRestore best weights: True\nSeed: 3", _plan.Describe(), StringComparison.Ordinal);
        Assert.Equal(_plan.Describe(), (_plan with { Callbacks = [new EarlyStopping()] }).Describe());
        Assert.Contains("\nRestore best weights: True, by Loss\nSeed: 3", (_plan with { BestEpochMetric = ValidationMetric.Loss }).Describe(), StringComparison.Ordinal);
        Assert.Contains("\nRestore best weights: False\n", (_plan with { BestEpochMetric = ValidationMetric.Loss, RestoreBestWeights = false }).Describe(), StringComparison.Ordinal);
        Assert.Equal(
            "BestEpochMetric must be one of Accuracy, Loss, CalibrationError, but is 7. (Parameter 'BestEpochMetric')\nActual value was 7.",
            Assert.Throws<ArgumentOutOfRangeException>(() => _plan with { BestEpochMetric = (ValidationMetric)7 }).Message.ReplaceLineEndings("\n"));
    }

    // Every other label is wrong: a network that learns is right more often, and too sure of itself, so that accuracy has another best epoch than the other metrics.
    private static DecodedCache HalfWrong()
    {
        var right = PatternSource.Create(48, seed: 2);
        var rows = new DecodedCache(right.Shape, right.ClassNames);
        var pixels = new byte[right.Shape.ByteCount];
        for (var row = 0; row < right.Count; row++)
        {
            right.ReadPixels(row, pixels);
            rows.Add(pixels, (right.GetLabel(row) + row / 4 % 2) % 4);
        }

        return rows;
    }

    private static int BestBy(ValidationMetric metric, TrainingResult result) => result.History.MaxBy(epoch => metric switch
    {
        ValidationMetric.Accuracy => (epoch.Validation!.Top1, -epoch.Validation.NegativeLogLikelihood),
        ValidationMetric.Loss => (-epoch.Validation!.NegativeLogLikelihood, 0),
        _ => (-epoch.Validation!.ExpectedCalibrationError, -epoch.Validation.NegativeLogLikelihood),
    })!.Epoch;

    private static (TrainingResult Result, ClassificationMetrics Metrics) Run(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _training.Shape, Width = 4 }, 4);
        var result = trainer.Run(student, _training, _validation);
        return (result, Evaluator.Evaluate(student, _validation, plan.BatchSize));
    }
}
