namespace TfKd.Tests;

public sealed class MultiLabelCalibrationTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1.0)]
    [InlineData(3.0)]
    public void The_temperature_that_labels_were_drawn_at_is_found(double temperature) =>
        Assert.Equal(temperature, MultiLabelCalibration.Choose(Draw(new Random(5), 6_000, 4, temperature)), 0.08 * temperature);

    [Fact]
    public void Yes_or_no_of_one_class_is_a_choice_between_two()
    {
        foreach (var (temperature, count) in new[] { (2.5, 300), (0.6, 300), (2.5, 30), (1, 100) })
        {
            var scores = Draw(new Random(7), count, 1, temperature);
            var softmax = scores.Logits.Select(row => (new[] { (float)row.Logits[0], 0 }, row.Has[0] ? 0 : 1)).ToList();
            Assert.Equal(TemperatureCalibration.Choose(softmax), MultiLabelCalibration.Choose(scores), 1e-6);
        }
    }

    [Fact]
    public void No_other_temperature_has_a_higher_posterior()
    {
        var scores = Draw(new Random(6), 200, 5, 2);
        var chosen = MultiLabelCalibration.Choose(scores);
        Assert.InRange(chosen, 1.5, 2.5);
        foreach (var factor in new[] { 0.9, 0.99, 1.01, 1.1 })
            Assert.True(Loss(chosen) < Loss(chosen * factor), $"{chosen} times {factor}");

        // Of the samples, and of 20 more whose labels are as probable as the logits say.
        double Loss(double temperature) => scores.Logits.Sum(row => row.Logits.Zip(row.Has, (z, has) =>
        {
            var (yes, no, said) = (LossOf(z, true, temperature), LossOf(z, false, temperature), Math.Exp(-LossOf(z, true, 1)));
            return (has ? yes : no) + 20.0 / scores.Count * (said * yes + (1 - said) * no);
        }).Sum());
    }

    [Theory]
    [InlineData(16, 2)]
    [InlineData(40, 2)]
    [InlineData(300, 2)]
    [InlineData(16, 6)]
    [InlineData(40, 6)]
    [InlineData(300, 6)]
    public void Other_samples_are_not_worse_than_without_calibration(int count, int classes)
    {
        const int Seeds = 60;
        foreach (var temperature in new[] { 0.7, 1, 1.4, 2.5 })
        {
            var others = Draw(new Random(1), 1_000, classes, temperature);
            var (before, gain) = (Loss(others, 1), 0.0);
            for (var seed = 0; seed < Seeds; seed++)
            {
                var samples = Draw(new Random(100 + seed), count, classes, temperature);
                var chosen = MultiLabelCalibration.Choose(samples);
                // On its own samples it is never worse.
                Assert.True(chosen == 1 || Loss(samples, chosen) < Loss(samples, 1));
                gain += (Loss(others, chosen) - before) / Seeds;
            }

            Assert.True(gain < 0.001, $"T = {temperature}: {gain}");
            if (count == 300 && temperature is 2.5)
                Assert.True(gain < -0.02, $"It is of use: {gain}");
        }
    }

    [Fact]
    public void Few_samples_that_are_all_right_change_nothing()
    {
        Assert.Equal(1, MultiLabelCalibration.Choose(Scores([([5f, -3f], [0]), ([-1f, 3f], [1])])));
        Assert.Equal(1, MultiLabelCalibration.Choose(Scores([.. Enumerable.Repeat((new[] { 3f, -3f }, (int[])[0]), 24)])));
        Assert.Equal(1, MultiLabelCalibration.Choose(Scores([([1f, 1f], [1])])));
        Assert.Equal(
            TemperatureCalibration.MinTemperature,
            MultiLabelCalibration.Choose(Scores([.. Enumerable.Repeat((new[] { 1f, -1f }, (int[])[0]), 9000)])));
    }

    [Fact]
    public void Figures_before_and_after_agree_with_those_of_the_scores()
    {
        var scores = Draw(new Random(8), 300, 4, 2.5);
        string[] names = ["a", "b", "c", "d"];
        var calibration = MultiLabelCalibration.Fit(scores, names);
        var (before, after) = (calibration.Before, calibration.After);
        Assert.InRange(calibration.Temperature, 1.8, 3.2);
        Assert.Equal(Loss(scores, 1), before.NegativeLogLikelihood, 1e-6);
        Assert.Equal(Loss(scores, calibration.Temperature), after.NegativeLogLikelihood, 1e-6);
        Assert.True(after.ExpectedCalibrationError < before.ExpectedCalibrationError / 2, $"{after}");
        // Decisions at one half and the order stay.
        Assert.Equal(
            (before.MicroF1, before.SubsetAccuracy, before.HammingLoss, before.MeanAveragePrecision),
            (after.MicroF1, after.SubsetAccuracy, after.HammingLoss, after.MeanAveragePrecision));
        Assert.Null(calibration.Warning);
        Assert.StartsWith(
            "Scores were calibrated on 99 samples, too few to know the temperature well; it is 1.5.",
            new MultiLabelCalibration(1.5, before with { Count = 99 }, after).Warning,
            StringComparison.Ordinal);
    }

    private static MultiLabelScores Draw(Random random, int count, int classes, double temperature) =>
        Scores([.. Enumerable.Range(0, count).Select(_ =>
        {
            // More often no than yes, as labels are.
            var logits = Enumerable.Range(0, classes).Select(_ => (float)(8 * random.NextDouble() - 5)).ToArray();
            int[] labels =
            [
                .. Enumerable.Range(0, classes).Where(k => random.NextDouble() < Math.Exp(-LossOf(logits[k], true, temperature))),
            ];
            return (logits, labels);
        })]);

    private static MultiLabelScores Scores((float[] Logits, int[] Labels)[] rows)
    {
        var scores = new MultiLabelScores(rows[0].Logits.Length);
        foreach (var (logits, labels) in rows)
            scores.AddLogits(logits, labels);
        return scores;
    }

    private static double LossOf(double z, bool has, double temperature) => Math.Log(1 + Math.Exp((has ? -z : z) / temperature));

    private static double Loss(MultiLabelScores scores, double temperature) =>
        scores.Logits.Average(row => row.Logits.Zip(row.Has, (z, has) => LossOf(z, has, temperature)).Average());
}
