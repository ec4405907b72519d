namespace TfKd.Tests;

public sealed class MetricsAccumulatorTests
{
    [Fact]
    public void Metrics_are_means_over_all_rows()
    {
        var random = new Random(7);
        var accumulator = new MetricsAccumulator();
        var (top1, top5, nll) = (0, 0, 0.0);
        var bins = new (double Confidence, double Correct)[15];
        const int Rows = 500;
        for (var row = 0; row < Rows; row++)
        {
            var logits = new float[12];
            for (var k = 0; k < logits.Length; k++)
                logits[k] = (float)(random.NextDouble() * 6 - 3);
            var label = random.Next(12);
            accumulator.Add(logits, label);

            var ranked = Enumerable.Range(0, 12).OrderByDescending(k => logits[k]).ToList();
            var total = logits.Sum(z => Math.Exp(z));
            var confidence = Math.Exp(logits[ranked[0]]) / total;
            top1 += ranked[0] == label ? 1 : 0;
            top5 += ranked.IndexOf(label) < 5 ? 1 : 0;
            nll -= Math.Log(Math.Exp(logits[label]) / total);
            ref var bin = ref bins[Math.Min(14, (int)(confidence * 15))];
            bin = (bin.Confidence + confidence, bin.Correct + (ranked[0] == label ? 1 : 0));
        }

        var metrics = accumulator.ToMetrics();
        Assert.Equal(Rows, metrics.Count);
        Assert.Equal((double)top1 / Rows, metrics.Top1, 12);
        Assert.Equal((double)top5 / Rows, metrics.Top5, 12);
        Assert.Equal(nll / Rows, metrics.NegativeLogLikelihood, 9);
        Assert.Equal(bins.Sum(bin => Math.Abs(bin.Confidence - bin.Correct)) / Rows, metrics.ExpectedCalibrationError, 9);
    }

    [Fact]
    public void Of_equal_scores_the_first_class_wins()
    {
        var accumulator = new MetricsAccumulator();
        accumulator.Add([1, 1], 0);
        accumulator.Add([1, 1], 1);
        Assert.Equal(0.5, accumulator.ToMetrics().Top1);
    }

    [Fact]
    public void Certain_and_right_is_perfectly_calibrated()
    {
        var accumulator = new MetricsAccumulator();
        accumulator.Add([1000, 0, 0], 0);
        accumulator.Add([0, 0, 1000], 2);
        Assert.Equal(new ClassificationMetrics(2, 1, 1, 0, 0), accumulator.ToMetrics());
    }

    [Fact]
    public void Plus_infinity_is_reported() => Assert.Equal(
        "The network's output for class 2 of row 0 is infinite.",
        Assert.Throws<ArithmeticException>(() => new MetricsAccumulator().Add([0, 1, float.PositiveInfinity], 0)).Message);

    [Fact]
    public void Minus_infinity_is_the_probability_0_unless_all_are()
    {
        var accumulator = new MetricsAccumulator();
        accumulator.Add([0, float.NegativeInfinity, 0], 0);
        Assert.Equal(Math.Log(2), accumulator.ToMetrics().NegativeLogLikelihood, 1e-12);
        Assert.Equal(
            "The network's outputs for row 1 are all minus infinity, which is no distribution.",
            Assert.Throws<ArithmeticException>(() => accumulator.Add([float.NegativeInfinity, float.NegativeInfinity], 0)).Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_label_that_is_no_class_is_named(int label) => Assert.StartsWith(
        $"The label of row 0 must be within [0, 2), but is {label}.",
        Assert.Throws<ArgumentOutOfRangeException>(() => new MetricsAccumulator().Add([0, 1], label)).Message);

    [Fact]
    public void Not_a_number_is_reported() => Assert.Equal(
        "The network's output for class 1 of row 0 is not a number.",
        Assert.Throws<ArithmeticException>(() => new MetricsAccumulator().Add([0, float.NaN], 0)).Message);
}
