namespace TfKd.Tests;

public sealed class ClassificationReportTests
{
    private static readonly string[] _names = ["a", "b", "c", "d", "never"];

    [Fact]
    public void All_figures_are_those_of_an_oracle()
    {
        var random = new Random(11);
        var answers = Enumerable
            .Range(0, 400)
            .Select(_ =>
                (Logits: Enumerable
                    .Range(0, 5)
                    .Select(k => k == 4 ? -20f : (float)(random.NextDouble() * 5))
                    .ToArray(), Label: random.Next(4)))
            .ToList();

        var report = new ClassificationReport(_names, answers);

        var rows = answers.Select(answer =>
        {
            var predicted = Array.IndexOf(answer.Logits, answer.Logits.Max());
            return (answer.Label, Predicted: predicted, Confidence: Math.Exp(answer.Logits[predicted]) / answer.Logits.Sum(logit => Math.Exp(
                logit)));
        }).ToList();
        Assert.Equal(_names, report.ClassNames);
        Assert.Equal(rows.Select(row => row.Label), report.Labels);
        Assert.Equal(rows.Select(row => row.Predicted), report.Predicted);
        Assert.All(rows.Zip(report.Confidences), pair => Assert.Equal(pair.First.Confidence, pair.Second, 1e-9));
        for (var label = 0; label < 5; label++)
        {
            for (var predicted = 0; predicted < 5; predicted++)
                Assert.Equal(rows.Count(row => row.Label == label && row.Predicted == predicted), report.Confusions(label, predicted));
            var (truly, put, both) = (rows.Count(row =>
                row.Label == label), rows.Count(row =>
                    row.Predicted == label), rows.Count(row => row.Label == label && row.Predicted == label));
            var figures = report.Classes[label];
            Assert.Equal((_names[label], truly, put, both), (figures.Name, figures.Count, figures.Predicted, figures.Correct));
            if (label == 4)
                continue;
            var (precision, recall) = ((double)both / put, (double)both / truly);
            Assert.Equal(precision, figures.Precision, 1e-12);
            Assert.Equal(recall, figures.Recall, 1e-12);
            Assert.Equal(2 * precision * recall / (precision + recall), figures.F1, 1e-12);
        }

        Assert.True(double.IsNaN(report.Classes[4].Precision)
            && double.IsNaN(report.Classes[4].Recall)
            && double.IsNaN(report.Classes[4].F1));
        Assert.Equal(rows.Count(row => row.Label == row.Predicted) / 400.0, report.Metrics.Top1);
        foreach (var threshold in new[] { 0, 0.4, 0.7, 1 })
        {
            var accepted = rows.Where(row => row.Confidence >= threshold).ToList();
            var selective = report.Selective(threshold);
            Assert.Equal(
                new SelectiveMetrics(400, accepted.Count, accepted.Count(row => row.Label == row.Predicted)), selective);
            Assert.Equal((400 - accepted.Count, accepted.Count / 400.0), (selective.RejectedCount, selective.Coverage));
            Assert.Equal(accepted.Count(row => row.Label == row.Predicted) / (double)accepted.Count, selective.SelectiveAccuracy);
            Assert.Equal(accepted.Count(row => row.Label == row.Predicted) / 400.0, selective.Accuracy);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => report.Selective(1.1));
        Assert.Equal(
            rows
                .Select((row, index) => (row, index))
                .Where(entry => entry.row.Label != entry.row.Predicted)
                .OrderByDescending(entry => entry.row.Confidence)
                .Select(entry => entry.index),
            report.Mistakes);
    }

    [Fact]
    public void Bins_are_those_of_the_expected_calibration_error()
    {
        var random = new Random(3);
        var report = new ClassificationReport(
            _names,
            Enumerable
                .Range(0, 300)
                .Select(_ => (Enumerable.Range(0, 5).Select(_ => (float)(random.NextDouble() * 6)).ToArray(), random.Next(5))));

        Assert.Equal(15, report.Calibration.Count);
        for (var index = 0; index < 15; index++)
        {
            var bin = report.Calibration[index];
            Assert.Equal(index / 15.0, bin.Lower, 1e-12);
            Assert.Equal((index + 1) / 15.0, bin.Upper, 1e-12);
            var rows = Enumerable.Range(0, 300).Where(row => Math.Min((int)(report.Confidences[row] * 15), 14) == index).ToList();
            Assert.Equal(rows.Count, bin.Count);
            if (rows.Count == 0)
            {
                Assert.True(double.IsNaN(bin.Confidence) && double.IsNaN(bin.Accuracy));
                continue;
            }

            Assert.Equal(rows.Average(row => report.Confidences[row]), bin.Confidence, 1e-9);
            Assert.Equal(rows.Average(row => report.Labels[row] == report.Predicted[row] ? 1.0 : 0), bin.Accuracy, 1e-12);
        }

        var error = report.Calibration.Where(bin => bin.Count > 0).Sum(bin => bin.Count / 300.0 * Math.Abs(bin.Confidence - bin.Accuracy));
        Assert.Equal(report.Metrics.ExpectedCalibrationError, error, 1e-9);
    }

    [Fact]
    public void A_network_is_measured_as_the_evaluator_does()
    {
        var rows = PatternSource.Create(40);
        using var student = new Trainer(WatchedRun.Plan).CreateStudent(new SmallCnn { InputShape = rows.Shape, Width = 4 }, 4);
        var report = ClassificationReport.Of(student, rows, batchSize: 16);
        Assert.Equal(report.Selective(0.5), Evaluator.EvaluateSelective(student, rows, 0.5, batchSize: 16));
        // Hot enough, no class is more probable than another.
        Assert.Equal(0, Evaluator.EvaluateSelective(student, rows, 0.5, temperature: 1e4, batchSize: 16).AcceptedCount);
        Assert.Equal(Evaluator.Evaluate(student, rows, batchSize: 16), report.Metrics);
        Assert.Equal(Enumerable.Range(0, 40).Select(rows.GetLabel), report.Labels);
        Assert.Contains(
            "as many classes as the network, 4, but have 3",
            Assert.Throws<InvalidOperationException>(() =>
                ClassificationReport.Of(student, PatternSource.Create(6, classCount: 3))).Message,
            StringComparison.Ordinal);
    }
}
