namespace TfKd.Tests;

public sealed class TemperatureCalibrationTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1.0)]
    [InlineData(3.0)]
    public void The_temperature_that_labels_were_drawn_at_is_found(double temperature)
    {
        var random = new Random(5);
        var rows = Enumerable.Range(0, 20_000).Select(_ =>
        {
            var logits = Enumerable.Range(0, 4).Select(_ => (float)(4 * random.NextDouble())).ToArray();
            var weights = logits.Select(logit => Math.Exp(logit / temperature)).ToArray();
            var drawn = random.NextDouble() * weights.Sum();
            var label = 0;
            while (label < 3 && (drawn -= weights[label]) > 0)
                label++;
            return (logits, label);
        }).ToList();
        Assert.Equal(temperature, TemperatureCalibration.Choose(rows), 0.08 * temperature);
    }

    [Fact]
    public void No_other_temperature_has_a_lower_negative_log_likelihood()
    {
        var random = new Random(6);
        var rows = Enumerable.Range(0, 200).Select(_ =>
        {
            var logits = Enumerable.Range(0, 5).Select(_ => (float)(10 * random.NextDouble())).ToArray();
            return (logits, random.NextDouble() < 0.6 ? Array.IndexOf(logits, logits.Max()) : random.Next(5));
        }).ToList();
        var chosen = TemperatureCalibration.Choose(rows);
        Assert.InRange(chosen, 1, 10);
        foreach (var factor in new[] { 0.9, 0.99, 1.01, 1.1 })
            Assert.True(Loss(rows, chosen) < Loss(rows, chosen * factor), $"{chosen} times {factor}");

        static double Loss(IEnumerable<(float[] Logits, int Label)> rows, double temperature) =>
            rows.Average(row => Math.Log(row.Logits.Sum(logit => Math.Exp(logit / temperature))) - row.Logits[row.Label] / temperature);
    }

    [Fact]
    public void Rows_that_are_all_right_or_say_nothing_stay_within_bounds()
    {
        Assert.Equal(TemperatureCalibration.MinTemperature, TemperatureCalibration.Choose([([5f, 0f], 0), ([0f, 3f], 1)]), 1e-9);
        Assert.Equal(TemperatureCalibration.MaxTemperature, TemperatureCalibration.Choose([([5f, 0f], 1), ([0f, 3f], 0)]), 1e-9);
        Assert.InRange(
            TemperatureCalibration.Choose([([1f, 1f], 1)]), TemperatureCalibration.MinTemperature, TemperatureCalibration.MaxTemperature);
    }

    [Fact]
    public void A_trained_network_is_measured_before_and_after()
    {
        var trainer = new Trainer(
            new TrainingPlan { BatchSize = 16, MaxEpochs = 2, Optimizer = new Sgd { LearningRate = 0.05 }, Seed = 3 });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = new ImageShape(3, 16, 16) }, 4);
        trainer.Run(student, PatternSource.Create(48));
        var rows = PatternSource.Create(60, seed: 9, noise: 150);
        var calibration = TemperatureCalibration.Fit(student, rows, 16, TestContext.Current.CancellationToken);
        Assert.Equal(Evaluator.Evaluate(student, rows, 16), calibration.Before);
        Assert.Equal(calibration.Before.Top1, calibration.After.Top1);
        Assert.True(calibration.After.NegativeLogLikelihood < calibration.Before.NegativeLogLikelihood, calibration.ToString());
        Assert.NotEqual(1, calibration.Temperature);
    }
}
