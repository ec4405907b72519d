using System.Globalization;

namespace TfKd.Tests;

/// <summary>The report of samples that may have several labels.</summary>
public sealed class MultiLabelReportTests : IDisposable
{
    private static readonly string[] _names = ["a", "<b>", "c"];

    // Logits and labels: all right, b missed, c too much and a missed, a hardly missed.
    private static readonly (float[] Logits, int[] Labels)[] _rows =
    [
        ([2, -2, -2], [0]),
        ([2, -1, -2], [0, 1]),
        ([-3, -2, 2], [0]),
        ([-0.5f, -2, -2], [0]),
        ([-2, -2, -2], []),
    ];

    private readonly TemporaryFolder _folder = new();

    private string Html => Path.Combine(_folder.Path, "report.html");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_reports_the_figures_of_each_class()
    {
        var (rows, validation) = (BlobSource.Create(64), BlobSource.Create(48, seed: 2));
        var trainer = new Trainer(new TrainingPlan
        {
            BatchSize = 16,
            MaxEpochs = 2,
            Objective = new BinaryCrossEntropy(),
            Optimizer = new Sgd { LearningRate = 0.1 },
            Callbacks = [new HtmlReport(Html) { MaxMistakes = 3 }],
        });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = rows.Shape, Width = 4 }, rows.ClassNames);
        var result = trainer.Run(student, rows, validation);
        var (page, metrics) = (new ReportPage(Html), Evaluator.EvaluateLabels(student, validation, batchSize: 16));
        page.RequireSelfContained();
        page.RequireAccessible();
        Assert.Equal(["Summary", "Curves", "Classes", "Calibration", "Worst mistakes", "Plan and versions"], page.Headings);
        Assert.Equal("64 to train on, 48 to validate on, 4 classes", page.Fact("Rows"));
        Assert.Equal(
            result.Best.LabelValidation!.MeanAveragePrecision.ToString("P2", CultureInfo.InvariantCulture), page.Fact("Validation mAP"));
        Assert.Equal(Lines(metrics), ReportPage.Cells(page.Section("classes").Descendants("table").Single()));
        var captions = page.Section("curves").Descendants("ul").SelectMany(list => list.Elements()).Select(entry => entry.Value).ToList();
        Assert.Contains("validation mAP", captions);
        Assert.Contains("validation NLL", captions);
        var epochs = ReportPage.Cells(page.Section("curves").Descendants("table").Single());
        Assert.Equal(result.History.Select(epoch => F4(epoch.LabelValidation!.NegativeLogLikelihood)), epochs.Select(line => line[4]));
        // A picture, and one of where the network looked.
        Assert.Equal(6, page.Section("mistakes").Descendants("img").Count());

        new TrainingReport { Thresholds = [0.3, 0.4, 0.5, 0.6], MaxMistakes = 0 }.Write(Html, trainer.Plan, result, student, validation);
        Assert.Equal(
            Lines(Evaluator.EvaluateLabels(student, validation, [0.3, 0.4, 0.5, 0.6])),
            ReportPage.Cells(new ReportPage(Html).Section("classes").Descendants("table").Single()));
        var beside = new TrainingReport { Teacher = new ClassificationReport(rows.ClassNames, [([1f, 0, 0, 0], 0)]) };
        Assert.Equal(
            "The samples may have several labels, but the report of the Teacher is of one class each; leave it out.",
            Assert.Throws<InvalidOperationException>(() => beside.Write(Html, trainer.Plan, result, student, validation)).Message);
    }

    [Fact]
    public void The_worst_decision_of_a_row_says_where_it_stands()
    {
        var report = new MultiLabelReport(_names, Scores(_rows));
        // 1 - s(-3), 1 - s(-1) and 1 - s(-0.5).
        Assert.Equal([(2, 0), (1, 1), (3, 0)], report.Mistakes.Select(mistake => (mistake.Row, mistake.Class)));
        Assert.Equal(1 / (1 + Math.Exp(3)), report.Mistakes[0].Probability, 1e-9);
        Assert.Equal(1 / (1 + Math.Exp(-1)), report.Mistakes[1].Error, 1e-9);
        Assert.Equal(["a", "a, <b>", "a", "a", "no label"], Enumerable.Range(0, 5).Select(report.LabelsOf));
        Assert.Equal(["a", "a", "c", "no label", "no label"], Enumerable.Range(0, 5).Select(report.PredictedOf));

        using var rows = Source();
        var page = MadeReport.Page(MadeReport.Of(_names, [([1f, 0, 0], 0)]) with { Predictions = null, Labels = report, Rows = rows });
        var captions = page.Section("mistakes").Descendants("figcaption")
            .Select(caption => caption.Elements("span").Select(span => span.Value).ToArray());
        Assert.Equal(
            [["a", "taken for c", "a 4.7 %", "row 2"], ["a, <b>", "taken for a", "<b> 26.9 %", "row 1"],
                ["a", "taken for no label", "a 37.8 %", "row 3"]],
            captions);
        Assert.StartsWith("3 of 5 validation rows have a wrong label, or lack one.", page.Section("mistakes").Element("p")!.Value.Trim(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Thresholds_and_temperature_are_those_that_the_model_will_have()
    {
        var random = new Random(3);
        // Labels as if the logits were half as large: too sure a network.
        var scores = Scores([.. Enumerable.Range(0, 300).Select(_ =>
        {
            float[] logits = [.. Enumerable.Range(0, 3).Select(_ => (float)(8 * random.NextDouble() - 5))];
            return (logits, (int[])[.. Enumerable.Range(0, 3).Where(k => random.NextDouble() < 1 / (1 + Math.Exp(-logits[k] / 2)))]);
        })]);
        var report = new MultiLabelReport(_names, scores, new ScoreUse(AreCalibrated: true, Threshold: null, ChoosesThresholds: true));
        var temperature = MultiLabelCalibration.Choose(scores);
        Assert.Equal(temperature, report.Calibration!.Temperature);
        Assert.Equal(scores.Soften(temperature).BestThresholds(), report.Metrics.Classes.Select(one => one.Threshold));
        Assert.Equal(report.Calibration.After.NegativeLogLikelihood, report.Metrics.NegativeLogLikelihood);
        var page = MadeReport.Page(MadeReport.Of(_names, [([1f, 0, 0], 0)]) with { Predictions = null, Labels = report });
        var text = page.Section("calibration").Value;
        Assert.Contains(FormattableString.Invariant($"with the temperature {temperature:G4}"), text, StringComparison.Ordinal);
        Assert.Contains("on 900 decisions", text, StringComparison.Ordinal);
        Assert.Contains("chosen on these same rows", page.Section("classes").Value, StringComparison.Ordinal);
        // The bins are those of the calibration error of the scores as they were.
        Assert.Equal(900, report.Bins.Sum(bin => bin.Count));
        Assert.Equal(
            report.Calibration.Before.ExpectedCalibrationError,
            report.Bins.Where(bin => bin.Count > 0).Sum(bin => bin.Count * Math.Abs(bin.Confidence - bin.Accuracy)) / 900, 1e-12);
    }

    private static IEnumerable<string[]> Lines(MultiLabelMetrics metrics) => metrics.Classes.Select(one => new[]
    {
        one.Name, $"{one.Count}", P1(one.AveragePrecision), F3(one.F1), F3(one.Threshold), P1(one.Precision), P1(one.Recall),
    });

    private static string P1(double value) => double.IsNaN(value) ? "–" : value.ToString("P1", CultureInfo.InvariantCulture);

    private static string F3(double value) => double.IsNaN(value) ? "–" : value.ToString("F3", CultureInfo.InvariantCulture);

    private static string F4(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private static MultiLabelScores Scores((float[] Logits, int[] Labels)[] rows)
    {
        var scores = new MultiLabelScores(_names.Length);
        foreach (var (logits, labels) in rows)
            scores.AddLogits(logits, labels);
        return scores;
    }

    private static DecodedCache Source()
    {
        var cache = new DecodedCache(new ImageShape(3, 8, 8), _names);
        foreach (var (_, labels) in _rows)
            cache.Add(new byte[cache.Shape.ByteCount], labels);
        return cache;
    }
}
