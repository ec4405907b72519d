using System.Globalization;

namespace TfKd.Tests;

public sealed class RejectionSectionTests : IDisposable
{
    private static readonly (float[] Logits, int Label)[] _answers = MadeReport.OfTwo((0.97, 0), (0.85, 0), (0.75, 1), (0.45, 1));

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-rejection-").FullName;

    private string Html => Path.Combine(_directory, "report.html");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Coverage_and_accuracy_are_those_computed_by_hand()
    {
        // Confidences 0.97 and 0.85, right; 0.75, wrong; 0.55, right.
        var section = MadeReport.Page(MadeReport.Of(["a", "b"], _answers)).Section("rejection");
        Assert.Equal(
            [
                ["0.00", "100.0 %", "75.0 %", "0"],
                ["0.30", "100.0 %", "75.0 %", "0"],
                ["0.40", "100.0 %", "75.0 %", "0"],
                ["0.50", "100.0 %", "75.0 %", "0"],
                ["0.60", "75.0 %", "66.7 %", "1"],
                ["0.70", "75.0 %", "66.7 %", "1"],
                ["0.80", "50.0 %", "100.0 %", "2"],
                ["0.90", "25.0 %", "100.0 %", "3"],
                ["0.95", "25.0 %", "100.0 %", "3"],
                ["0.99", "0.0 %", "–", "4"],
            ],
            Lines(section));
        Assert.Contains("before any calibration", section.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("This model rejects", section.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_models_own_threshold_stands_out()
    {
        var content = MadeReport.Of(["a", "b"], _answers);
        var section = MadeReport.Page(content with { FinalScores = new(null, content.Predictions!, 0.825) }).Section("rejection");
        Assert.Contains(
            "This model rejects below 0.825: of the validation rows it gives 50.0 % a class",
            section.Value.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(
            ["0.825", "50.0 %", "100.0 %", "2"],
            section.Descendants("tr").Single(line => line.Attribute("class")?.Value == "own").Elements().Select(cell => cell.Value));
        var all = MadeReport.Page(content with { FinalScores = new(null, content.Predictions!, 1) }).Section("rejection");
        Assert.Contains("0.0 % a class, and none the right one", all.Value.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_calibrated_scores_the_coverage_is_that_of_the_calibrated()
    {
        // Sure of all, and right about six in ten: at the temperature that says so no score is near 0.9.
        (float[] Logits, int Label)[] answers =
            [.. Enumerable.Range(0, 200).Select(row => (new float[] { 6, 0 }, row % 10 < 6 ? 0 : 1))];
        var content = MadeReport.Of(["a", "b"], answers);
        var scores = FinalScores.Of(new ScoreUse(AreCalibrated: true, Threshold: 0.9), ["a", "b"], answers, content.Predictions!);
        Assert.InRange(scores.Temperature!.Value, 5, 20);
        var page = MadeReport.Page(content with { FinalScores = scores });
        Assert.Equal(["0.90", "0.0 %", "–", "200"], Lines(page.Section("rejection")).Single(line => line[0] == "0.90"));
        Assert.Contains("The charts are of the scores before that.", page.Section("calibration").Value, StringComparison.Ordinal);

        var plain = FinalScores.Of(new ScoreUse(AreCalibrated: false, Threshold: null), ["a", "b"], answers, content.Predictions!);
        page = MadeReport.Page(content with { FinalScores = plain });
        Assert.Equal(["0.90", "100.0 %", "60.0 %", "0"], Lines(page.Section("rejection")).Single(line => line[0] == "0.90"));
        Assert.Contains("they are not calibrated", page.Section("rejection").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_knows_what_becomes_of_the_scores_reports_on_these()
    {
        (TemperatureCalibration Calibration, SelectiveMetrics Selective)? expected = null;
        var validation = PatternSource.Create(96, seed: 2);
        var watcher = new WatchedRun.Watcher
        {
            Finished = (state, _) =>
            {
                var calibration = TemperatureCalibration.Fit(state.Student, validation, 16);
                expected = (calibration, Evaluator.EvaluateSelective(state.Student, validation, 0.35, calibration.Temperature, 16));
            },
        };
        var training = PatternSource.Create(48);
        var trainer = new Trainer(WatchedRun.Plan with { Callbacks = [new HtmlReport(Html), watcher] })
        {
            Scores = new ScoreUse(AreCalibrated: true, Threshold: 0.35),
        };
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = training.Shape, Width = 4 }, training.ClassNames);
        trainer.Run(student, training, validation);

        var ((temperature, _, after), selective) = expected!.Value;
        var (page, invariant) = (new ReportPage(Html), CultureInfo.InvariantCulture);
        page.RequireAccessible();
        Assert.Contains(
            $"with the temperature {temperature.ToString("G4", invariant)}", page.Section("rejection").Value, StringComparison.Ordinal);
        Assert.Contains(
            $"{after.ExpectedCalibrationError.ToString("P2", invariant)} and", page.Section("calibration").Value, StringComparison.Ordinal);
        Assert.Equal(
            [
                "0.35", selective.Coverage.ToString("P1", invariant), selective.SelectiveAccuracy.ToString("P1", invariant),
                $"{selective.RejectedCount}",
            ],
            Lines(page.Section("rejection")).Single(line => line[0] == "0.35"));
    }

    private static List<string[]> Lines(System.Xml.Linq.XElement section) => ReportPage.Cells(section.Descendants("table").Single());
}
