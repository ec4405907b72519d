using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet.Tests;

public sealed class CalibrationTests
{
    private static readonly TorchImageClassificationTrainer.Options _calibrated = TrainingRuns.Options with
    {
        ValidationSetFraction = 0.3f,
        CalibrateScores = true,
    };

    [Fact]
    public void The_temperature_is_in_the_model_in_its_file_and_in_its_scores()
    {
        using var folder = new TemporaryFolder();
        // A third of the rows that calibrate have another label, which the network could not know: it is too sure of them.
        var options = _calibrated with { ValidationSet = Mislabelled(120), MaxEpochs = 10 };
        using var plain = TrainingRuns.Fit(options: options with { CalibrateScores = false });
        using var calibrated = TrainingRuns.Fit(options: options);
        Assert.Equal(plain.Model.Card.WeightsSha256, calibrated.Model.Card.WeightsSha256);
        Assert.Equal(1, plain.Model.Temperature);
        Assert.NotEqual(1, calibrated.Model.Temperature);
        var metrics = calibrated.Model.Card.Training.Metrics.Where(metric =>
            metric.Name == "NegativeLogLikelihood").ToDictionary(metric => metric.Split, metric => metric.Value);
        Assert.True(metrics["Validation, calibrated on it"] < metrics["Validation"]);

        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        ml.Model.Save(calibrated, rows.Schema, folder.File("model.zip"));
        var loaded = (TorchImageClassificationTransformer)ml.Model.Load(folder.File("model.zip"), out _);
        using (loaded)
        {
            Assert.Equal(calibrated.Model.Temperature, loaded.Model.Temperature);
            var (raw, scaled) = (Scores(plain, rows), Scores(loaded, rows));
            for (var row = 0; row < raw.Length; row++)
            {
                var powers = raw[row].Select(score => Math.Pow(score, 1 / loaded.Model.Temperature)).ToArray();
                Assert.All(powers.Zip(scaled[row]), pair => Assert.Equal(pair.First / powers.Sum(), pair.Second, 1e-5));
            }
        }
    }

    [Fact]
    public void Calibration_on_few_rows_is_warned_of()
    {
        var (ml, warnings) = (new MLContext(seed: 1), new List<string>());
        ml.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Warning)
                warnings.Add(message.RawMessage);
        };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(_calibrated).Fit(TrainingRuns.Rows(ml));
        Assert.StartsWith(
            "Scores were calibrated on 27 samples, too few to know the temperature well; it is ",
            Assert.Single(warnings),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Calibration_without_validation_rows_is_refused_before_training()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() =>
            TrainingRuns.Fit(
                options: _calibrated with { ValidationSetFraction = null, MetricsCallback = _ => Assert.Fail("It was trained first.") }));
        Assert.StartsWith("CalibrateScores needs validation rows, but there are none;", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("unknown")]
    public void Low_scores_are_rejected_and_the_rule_is_in_the_file(string? label)
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with { MaxEpochs = 1 });
        var highest = Scores(model, rows).Select(scores => scores.Max()).ToArray();
        var threshold = highest.Order().ElementAt(highest.Length / 2);
        using var rejecting = model.WithRejection(new Rejection { Threshold = threshold, Label = label });
        ml.Model.Save(rejecting, rows.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)ml.Model.Load(folder.File("model.zip"), out _);
        Assert.Equal(rejecting.Model.Rejection, loaded.Model.Rejection);
        foreach (var transformer in new[] { rejecting, loaded })
        {
            var labels = Labels(transformer);
            Assert.Equal(Scores(model, rows), Scores(transformer, rows));
            Assert.Equal(highest.Select(score => score < threshold), labels.Select(found => found == (label ?? "")));
            Assert.Contains(labels, found => found == (label ?? ""));
            Assert.Equal(Labels(model).Where((_, row) => highest[row] >= threshold), labels.Where((_, row) => highest[row] >= threshold));
        }

        // ML.NET's evaluator looks at scores, and takes what was rejected as it takes any other; ours does not.
        Assert.Equal(
            ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy,
            ml.MulticlassClassification.Evaluate(rejecting.Transform(rows)).MicroAccuracy);
        var truth = rows.GetColumn<uint>("Label").Select(key => TestRows.Names[key - 1]).ToArray();
        var given = Labels(model);
        var expected = new SelectiveMetrics(
            highest.Length, highest.Count(score => score >= threshold),
            highest.Where((score, row) => score >= threshold && given[row] == truth[row]).Count());
        Assert.InRange(expected.RejectedCount, 1, highest.Length - 1);
        var scored = loaded.Transform(rows);
        Assert.Equal(expected, ml.MulticlassClassification.EvaluateRejection(scored));
        var named = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored);
        Assert.Equal(expected, ml.MulticlassClassification.EvaluateRejection(named));
        Assert.Equal(0, ml.MulticlassClassification.EvaluateRejection(model.Transform(rows)).RejectedCount);
        Assert.Equal(
            "Predicted label column 'Score' is Vector<Single> of 3; expected the key that the transformer adds, or what MapKeyToValue " +
            "makes of it, text.",
            Assert.Throws<ArgumentException>(() =>
                ml.MulticlassClassification.EvaluateRejection(scored, predictedLabelColumnName: "Score")).Message);
        Assert.StartsWith(
            "Score column 'Points' is not there; the columns are ",
            Assert.Throws<ArgumentException>(() =>
                ml.MulticlassClassification.EvaluateRejection(scored, scoreColumnName: "Points")).Message,
            StringComparison.Ordinal);
        using var again = rejecting.WithRejection(null);
        Assert.Equal(Labels(model), Labels(again));

        string[] Labels(ITransformer transformer) =>
            [
                .. ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel")
                    .Fit(transformer.Transform(rows))
                    .Transform(transformer.Transform(rows))
                    .GetColumn<string>("Name"),
            ];
    }

    [Fact]
    public void What_rejecting_does_on_validation_rows_is_on_the_card()
    {
        var options = TrainingRuns.Options with { ValidationSetFraction = 0.3f, Rejection = new Rejection { Threshold = 0.999 } };
        using var model = TrainingRuns.Fit(options: options);
        using var plain = TrainingRuns.Fit(options: options with { Rejection = null });
        var figures = model.Model.Card.Training.Metrics;
        var coverage = figures.Single(metric => metric.Name == "Coverage");
        Assert.Equal("Validation", coverage.Split);
        Assert.InRange(coverage.Value, 0, 0.999);
        Assert.Equal(coverage.Value > 0, figures.Any(metric => metric.Name == "SelectiveAccuracy"));
        Assert.Equal(plain.Model.Card.Training.Metrics, figures.Where(metric => metric.Name is not ("Coverage" or "SelectiveAccuracy")));
    }

    [Fact]
    public void A_label_that_cannot_stand_beside_the_classes_is_refused()
    {
        using var model = TestModels.Fake(out _);
        Assert.StartsWith(
            "The label 'red' for rejected rows is that of a class: [red, green, blue].",
            Assert.Throws<ArgumentException>(() => model.WithRejection(new Rejection { Threshold = 0.5, Label = "red" })).Message,
            StringComparison.Ordinal);
        using var numbers = TestModels.Fake(
            out _, classes: new ClassList("Int32", System.Text.Json.JsonSerializer.SerializeToElement(new[] { 1, 2, 3 })));
        Assert.Contains(
            "must be text, but are Int32",
            Assert.Throws<ArgumentException>(() => numbers.WithRejection(new Rejection { Threshold = 0.5, Label = "unknown" })).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Rejection { Threshold = 1.5 });
    }

    private static IDataView Mislabelled(int count)
    {
        var (ml, rows) = (new MLContext(seed: 1), TestRows.Make(count));
        foreach (var row in rows.Where(row => row.Number / 3 % 3 == 0))
            row.Label = TestRows.Names[(row.Number + 1) % 3];
        return TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(rows));
    }

    private static float[][] Scores(ITransformer transformer, IDataView rows) =>
        [.. transformer.Transform(rows).GetColumn<float[]>("Score")];
}
