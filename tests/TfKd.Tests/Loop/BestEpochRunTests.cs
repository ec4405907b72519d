namespace TfKd.Tests;

public sealed class BestEpochRunTests
{
    private static readonly DecodedCache _training = PatternSource.Create(64);
    private static readonly DecodedCache _validation = HalfWrong();

    private static readonly TrainingPlan _plan =
        new() { BatchSize = 16, MaxEpochs = 6, Optimizer = new Sgd { LearningRate = 0.02 }, Seed = 3 };

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

    /// <summary>While the run goes on the report names what it would keep now; afterwards what it kept.</summary>
    [Theory]
    [InlineData(ValidationMetric.Accuracy, false)]
    [InlineData(ValidationMetric.Loss, false)]
    [InlineData(ValidationMetric.CalibrationError, false)]
    [InlineData(ValidationMetric.Accuracy, true)]
    [InlineData(ValidationMetric.Loss, true)]
    public void The_report_names_the_epoch_whose_weights_the_run_keeps(ValidationMetric metric, bool withPeer)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-best-epoch-").FullName;
        try
        {
            var html = Path.Combine(folder, "report.html");
            var named = new List<string>();
            var watcher = new WatchedRun.Watcher { EpochEnd = _ => named.Add(new ReportPage(html).Fact("Best epoch").Split(' ')[0]) };
            var plan = _plan with { BestEpochMetric = metric, Callbacks = [new HtmlReport(html), watcher] };
            if (withPeer)
                plan = plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = new PeerTeacher() };
            var (result, _) = Run(plan);

            var best = Enumerable.Range(1, plan.MaxEpochs).Select(count => BestSoFar(metric, result.History.Take(count)));
            Assert.Equal(best.Select(epoch => $"{epoch + 1}"), named);
            Assert.Equal($"{result.BestEpoch + 1} of 6{(result.IsPeer ? ", of the peer" : "")}", new ReportPage(html).Fact("Best epoch"));
            Assert.Equal($"{result.BestEpoch + 1}", named[^1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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
        var byLoss = _plan with { BestEpochMetric = ValidationMetric.Loss };
        Assert.Contains("\nRestore best weights: True, by Loss\nSeed: 3", byLoss.Describe(), StringComparison.Ordinal);
        var latest = byLoss with { RestoreBestWeights = false };
        Assert.Contains("\nRestore best weights: False\n", latest.Describe(), StringComparison.Ordinal);
        Assert.Equal(
            "BestEpochMetric must be one of Accuracy, Loss, CalibrationError, but is 7. (Parameter 'BestEpochMetric')\nActual value was 7.",
            Assert.Throws<ArgumentOutOfRangeException>(() => _plan with { BestEpochMetric = (ValidationMetric)7 })
                .Message.ReplaceLineEndings("\n"));
    }

    // Every other label is wrong: a network that learns is right more often, and too sure of itself, so that accuracy has another best
    // epoch than the other metrics.
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

    private static int BestBy(ValidationMetric metric, TrainingResult result) => BestSoFar(metric, result.History);

    private static int BestSoFar(ValidationMetric metric, IEnumerable<EpochMetrics> history) => history.MaxBy(epoch =>
        new[] { epoch.Validation!, epoch.PeerValidation ?? epoch.Validation! }.Max(metrics => metric switch
        {
            ValidationMetric.Accuracy => (metrics.Top1, -metrics.NegativeLogLikelihood),
            ValidationMetric.Loss => (-metrics.NegativeLogLikelihood, 0),
            _ => (-metrics.ExpectedCalibrationError, -metrics.NegativeLogLikelihood),
        }))!.Epoch;

    private static (TrainingResult Result, ClassificationMetrics Metrics) Run(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _training.Shape, Width = 4 }, 4);
        var result = trainer.Run(student, _training, _validation);
        return (result, Evaluator.Evaluate(student, _validation, plan.BatchSize));
    }
}
