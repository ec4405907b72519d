using System.Globalization;
using System.Xml.Linq;

namespace TfKd.MLNet.Tests;

public sealed class WatchedFitTests
{
    [Fact]
    public void Callbacks_of_the_options_write_what_the_run_was()
    {
        using var folder = new TemporaryFolder();
        var (html, csv, events) = (folder.File("report.html"), folder.File("run.csv"), folder.File("events"));
        var epochs = new List<EpochMetrics>();
        var options = TrainingRuns.Options with
        {
            ValidationSetFraction = 0.3f,
            Callbacks = [new HtmlReport(html), new CsvLog(csv), new TensorBoardLog(events)],
            MetricsCallback = epochs.Add,
        };
        using var model = TrainingRuns.Fit(options: options);

        var page = XDocument.Load(html);
        var best = model.Model.Card.Training.Metrics.Single(metric => metric.Name == "Top1").Value;
        Assert.Equal(
            best.ToString("P2", CultureInfo.InvariantCulture),
            page.Descendants("tr").Single(line => line.Element("th")!.Value == "Validation top-1").Element("td")!.Value);
        Assert.Equal(
            TestRows.Names,
            page.Descendants("section")
                .Single(section => section.Attribute("id")!.Value == "classes")
                .Descendants("tbody")
                .Single()
                .Elements()
                .Select(line => line.Element("th")!.Value));
        Assert.Equal(model.Model.Card.Training.Plan, page.Descendants("pre").Single().Value);
        Assert.Equal(epochs.Count + 1, File.ReadAllLines(csv).Length);
        Assert.Single(Directory.GetFiles(events));
    }
}
