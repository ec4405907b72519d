namespace TfKd.Tests;

/// <summary>Figures of samples with several labels, each computed by hand.</summary>
public sealed class MultiLabelScoresTests
{
    // Probabilities of the classes a, b and c, and the labels.
    private static readonly (float[] Scores, int[] Labels)[] _rows =
    [
        ([0.9f, 0.2f, 0.1f], [0]),
        ([0.8f, 0.7f, 0.2f], [1]),
        ([0.6f, 0.6f, 0.3f], [0, 1]),
        ([0.3f, 0.4f, 0.4f], []),
    ];

    [Fact]
    public void Average_precision_is_the_precision_at_each_sample_that_has_the_class()
    {
        var metrics = Scores(_rows).ToMetrics(["a", "b", "c"], null);
        // a: found first and third of the ranking; b: first and second; nothing has c.
        Assert.Equal([(1 + 2 / 3.0) / 2, 1, double.NaN], metrics.Classes.Select(one => one.AveragePrecision));
        Assert.Equal((5 / 6.0 + 1) / 2, metrics.MeanAveragePrecision, 1e-12);
        Assert.Equal([2, 2, 0], metrics.Classes.Select(one => one.Count));
    }

    [Fact]
    public void Samples_of_one_score_are_found_together()
    {
        var metrics = Scores([([0.5f], [0]), ([0.5f], []), ([0.9f], []), ([0.1f], [0])]).ToMetrics(["a"], null);
        // At 0.5 one of three, which is half of them; at 0.1 two of four.
        Assert.Equal(1 / 3.0 * 0.5 + 0.5 * 0.5, metrics.MeanAveragePrecision, 1e-12);
    }

    [Fact]
    public void F1_is_of_all_decisions_or_the_mean_of_the_classes()
    {
        var metrics = Scores(_rows).ToMetrics(["a", "b", "c"], null);
        // At 0.5, a: 2 right, 1 wrong; b: 2 right; c never.
        Assert.Equal(2 * 4.0 / (2 * 4 + 1), metrics.MicroF1, 1e-12);
        Assert.Equal((0.8 + 1) / 2, metrics.MacroF1, 1e-12);
        Assert.Equal([2 / 3.0, 1, double.NaN], metrics.Classes.Select(one => one.Precision));
        Assert.Equal([1, 1, double.NaN], metrics.Classes.Select(one => one.Recall));
    }

    [Fact]
    public void Whole_sets_and_single_decisions_are_counted()
    {
        var metrics = Scores(_rows).ToMetrics(["a", "b", "c"], null);
        Assert.Equal(3 / 4.0, metrics.SubsetAccuracy);
        Assert.Equal(1 / 12.0, metrics.HammingLoss, 1e-12);
        var strict = Scores(_rows).ToMetrics(["a", "b", "c"], [0.85, 0.5, 0.5]);
        // a is no longer found in the second row, which is right, nor in the third, which is wrong.
        Assert.Equal(3 / 4.0, strict.SubsetAccuracy);
        Assert.Equal(1 / 12.0, strict.HammingLoss, 1e-12);
        Assert.Equal(1 / 2.0, strict.Classes[0].Recall);
    }

    [Fact]
    public void Loss_is_the_mean_of_the_logarithms_and_the_same_of_logits()
    {
        var expected = _rows.Average(row => Enumerable.Range(0, 3).Average(k =>
            -Math.Log(row.Labels.Contains(k) ? row.Scores[k] : 1 - row.Scores[k])));
        Assert.Equal(expected, Scores(_rows).ToMetrics(["a", "b", "c"], null).NegativeLogLikelihood, 1e-7);
        var ofLogits = new MultiLabelScores(3);
        foreach (var (scores, labels) in _rows)
            ofLogits.AddLogits([.. scores.Select(p => (float)Math.Log(p / (1 - p)))], labels);
        Assert.Equal(expected, ofLogits.ToMetrics(["a", "b", "c"], null).NegativeLogLikelihood, 1e-6);
    }

    [Fact]
    public void Calibration_compares_what_was_said_with_what_is_so()
    {
        // Half of what is said to be so at 0.5, in two bins of one number each.
        var metrics = Scores([([0.5f, 0.1f], [0]), ([0.5f, 0.1f], [])]).ToMetrics(["a", "b"], null);
        Assert.Equal(0.1 / 2, metrics.ExpectedCalibrationError, 1e-6);
    }

    [Fact]
    public void Thresholds_have_the_highest_F1_and_are_halfway()
    {
        var scores = Scores(
            [([0.35f, 0.9f, 0.1f], [0]), ([0.25f, 0.8f, 0.2f], [0]), ([0.15f, 0.1f, 0.3f], []), ([0.05f, 0.3f, 0.4f], [1])]);
        var thresholds = scores.BestThresholds();
        // a: both found, nothing else, between 0.15 and 0.25.
        Assert.Equal(0.2, thresholds[0], 1e-6);
        // b: one of three at 0.3 is F1 1/2, as good as one of four at 2/5 is not.
        Assert.Equal(0.2, thresholds[1], 1e-6);
        // Nothing has c.
        Assert.Equal(0.5, thresholds[2]);
        var metrics = scores.ToMetrics(["a", "b", "c"], thresholds);
        Assert.Equal([1, 0.5], metrics.Classes.Take(2).Select(one => one.F1));
    }

    [Fact]
    public void What_is_no_probability_or_no_threshold_is_refused()
    {
        Assert.Throws<ArithmeticException>(() => Scores([([float.NaN], [])]));
        Assert.Throws<ArithmeticException>(() => Scores([([1.5f], [])]));
        Assert.Throws<ArithmeticException>(() => new MultiLabelScores(1).AddLogits([float.PositiveInfinity], []));
        Assert.Throws<InvalidOperationException>(() => new MultiLabelScores(1).ToMetrics(["a"], null));
        Assert.Throws<ArgumentException>(() => Scores(_rows).ToMetrics(["a", "b", "c"], [0.5]));
    }

    private static MultiLabelScores Scores((float[] Scores, int[] Labels)[] rows)
    {
        var scores = new MultiLabelScores(rows[0].Scores.Length);
        foreach (var (probabilities, labels) in rows)
            scores.AddProbabilities(probabilities, labels);
        return scores;
    }
}
