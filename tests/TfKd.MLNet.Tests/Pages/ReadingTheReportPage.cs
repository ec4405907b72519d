namespace TfKd.MLNet.Tests;

/// <summary>The program of examples/guides/reading-the-report.md.</summary>
internal static class ReadingTheReportPage
{
    public static TorchImageClassificationTrainer.Options Report()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            ValidationSetFraction = 0.2f,
            CalibrateScores = true,
            Callbacks = [new HtmlReport("report.html") { Title = "Flowers", MaxMistakes = 60 }],
        };
        return options;
    }
}
