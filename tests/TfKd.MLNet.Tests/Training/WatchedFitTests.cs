using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet.Tests;

public sealed class WatchedFitTests
{
    [Fact]
    public void Each_fold_of_a_cross_validation_has_checkpoints_and_reports_of_its_own()
    {
        using var folder = new TemporaryFolder();
        var epochs = 0;
        string[] CrossValidate()
        {
            var ml = new MLContext(seed: 1);
            var options = TrainingRuns.Options with
            {
                MaxEpochs = 2,
                CheckpointDirectory = folder.File("checkpoints"),
                Callbacks =
                [
                    new HtmlReport(folder.File("report.html")), new CsvLog(folder.File("run.csv")),
                    new TensorBoardLog(folder.File("events")),
                ],
                MetricsCallback = _ => epochs++,
            };
            var folds = ml.MulticlassClassification.CrossValidate(
                TrainingRuns.Rows(ml, 60), ml.MulticlassClassification.Trainers.TorchImageClassification(options), numberOfFolds: 3);
            return [.. folds.Select(fold =>
            {
                using var model = (TorchImageClassificationTransformer)fold.Model;
                return model.Model.Card.WeightsSha256;
            })];
        }

        var weights = CrossValidate();
        Assert.Equal(3, weights.Distinct().Count());
        Assert.Equal(6, epochs);
        Assert.All(
            ["checkpoints/checkpoint", "checkpoints/fit-2/checkpoint", "checkpoints/fit-3/checkpoint"],
            name => Assert.True(File.Exists(folder.File($"{name}.safetensors")), name));
        string[] pages = [.. new[] { "report.html", "report-2.html", "report-3.html" }.Select(name => PlanOf(folder.File(name)))];
        Assert.Equal(3, pages.Distinct().Count());
        Assert.All(["run.csv", "run-2.csv", "run-3.csv"], name => Assert.Equal(3, File.ReadAllLines(folder.File(name)).Length));
        Assert.All(["events", "events/run-2", "events/run-3"], name => Assert.Single(Directory.GetFiles(folder.File(name))));
        // Again, as after a crash: all folds are found done.
        Assert.Equal(weights, CrossValidate());
        Assert.Equal(6, epochs);

        static string PlanOf(string page) => XDocument.Load(page).Descendants("pre").Single().Value;
    }

    [Fact]
    public void A_fit_that_did_not_end_is_gone_on_with_by_the_next_of_the_trainer()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        var (seen, messages) = (new List<int>(), new List<string>());
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with
        {
            CheckpointDirectory = folder.File("checkpoints"),
            MessageCallback = messages.Add,
            MetricsCallback = metrics =>
            {
                seen.Add(metrics.Epoch);
                if (seen.Count == 2)
                    throw new OperationCanceledException("for now");
            },
        });
        Assert.Throws<OperationCanceledException>(() => trainer.Fit(TrainingRuns.Rows(ml)));
        using var model = trainer.Fit(TrainingRuns.Rows(ml));
        using var unbroken = TrainingRuns.Fit();
        Assert.Equal([0, 1, 1, 2], seen);
        Assert.Equal(unbroken.Model.Card.WeightsSha256, model.Model.Card.WeightsSha256);
        Assert.Contains(messages, message => message.StartsWith("Resumed after epoch 1 of 3 from ", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_says_where_the_time_goes_before_the_first_epoch()
    {
        var (ml, said, logged) = (new MLContext(seed: 1), new List<string>(), new List<string>());
        ml.Log += (_, message) =>
        {
            if (message.Source.Contains("TorchImageClassification", StringComparison.Ordinal) && message.Kind >= ChannelMessageKind.Info)
                logged.Add(message.RawMessage);
        };
        var options = TrainingRuns.Options with
        {
            Objective = new KnowledgeDistillation(),
            Teacher = new SelfTeacher(),
            MaxEpochs = 1,
            MessageCallback = said.Add,
            MetricsCallback = _ => said.Add("an epoch"),
        };
        ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TrainingRuns.Rows(ml)).Dispose();

        string[] expected =
        [
            "^Reading the images of column 'Image' and decoding them to 3x8x8\\.$",
            "^Read and decoded 90 images in [0-9.]+ s\\. Checking the network's kernels on this processor, and preparing the teacher\\.$",
            "^Training teacher 1: SmallCnn ",
            "^The first epoch begins after [0-9.]+ s: [0-9.]+ of them to read and decode, [0-9.]+ to prepare\\.$",
            "^an epoch$",
        ];
        var found = expected.Select(pattern => said.FindIndex(message => Regex.IsMatch(message, pattern))).ToArray();
        Assert.DoesNotContain(-1, found);
        Assert.Equal(found.Order(), found);
        Assert.All(expected[..^1], pattern => Assert.Contains(logged, message => Regex.IsMatch(message, pattern)));
    }

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
        Assert.All(Mistakes(page), name => Assert.StartsWith("row ", name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_report_on_photos_of_a_folder_names_their_files_and_the_models_own_threshold()
    {
        using var folder = new TemporaryFolder();
        foreach (var row in TestRows.Make(60))
        {
            // Under the wrong folder half of the time, so that there are mistakes.
            var place = folder.File($"photos/{TestRows.Names[(row.Number + row.Number / 3 % 2) % 3]}");
            Directory.CreateDirectory(place);
            File.WriteAllBytes(Path.Combine(place, $"photo {row.Number} & more.png"), row.Image);
        }

        var (ml, html) = (new MLContext(seed: 1), folder.File("report.html"));
        var data = ml.Data.LoadImagesFromFolder(folder.File("photos"));
        var options = TrainingRuns.Options with
        {
            ValidationSetFraction = 0.4f,
            CalibrateScores = true,
            Rejection = new Rejection { Threshold = 0.345 },
            Callbacks = [new HtmlReport(html)],
        };
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(options));
        using var model = pipeline.Fit(data).LastTransformer;

        var page = XDocument.Load(html);
        Assert.NotEmpty(Mistakes(page));
        Assert.All(Mistakes(page), name => Assert.Matches("^(red|green|blue)/photo [0-9]+ & more[.]png$", name));
        Assert.DoesNotContain(folder.File("photos"), File.ReadAllText(html), StringComparison.Ordinal);
        var rejection = page.Descendants("section").Single(section => section.Attribute("id")!.Value == "rejection");
        var own = rejection.Descendants("tr").Single(line => line.Attribute("class")?.Value == "own").Elements().ToList();
        Assert.Equal("0.345", own[0].Value);
        var coverage = model.Model.Card.Training.Metrics.Single(metric => metric.Name == "Coverage").Value;
        Assert.Equal(coverage.ToString("P1", CultureInfo.InvariantCulture), own[1].Value);
        Assert.Contains("Scores are calibrated", rejection.Value, StringComparison.Ordinal);
    }

    /// <summary>What stands under the pictures of a report's worst mistakes.</summary>
    private static IEnumerable<string> Mistakes(XDocument page) => page.Descendants("section")
        .Where(section => section.Attribute("id")!.Value == "mistakes")
        .SelectMany(section => section.Descendants("figcaption"))
        .Select(caption => caption.Elements().Last().Value);
}
