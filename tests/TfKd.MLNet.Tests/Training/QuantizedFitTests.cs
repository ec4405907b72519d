using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class QuantizedFitTests
{
    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with
    {
        ValidationSetFraction = 0.3f,
        MaxEpochs = 6,
        Weights = OnnxWeights.Int8,
    };

    [Fact]
    public void A_model_scores_in_integers_and_keeps_the_float32_weights()
    {
        using var folder = new TemporaryFolder();
        var messages = new List<string>();
        using var plain = TrainingRuns.Fit(options: _options with { Weights = OnnxWeights.Float32 });
        using var integers = TrainingRuns.Fit(options: _options with { MessageCallback = messages.Add });
        Assert.Equal(plain.Model.Card.WeightsSha256, integers.Model.Card.WeightsSha256);
        Assert.Equal((OnnxWeights.Float32, OnnxWeights.Int8), (plain.Model.Card.OnnxWeights, integers.Model.Card.OnnxWeights));
        Assert.True(integers.Model.OnnxContent!.Metadata.ContainsKey("weights"));

        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        ml.Model.Save(integers, rows.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)ml.Model.Load(folder.File("model.zip"), out _);
        Assert.Equal(integers.Model.Card.ToJson(), loaded.Model.Card.ToJson());
        Assert.Equal(Scores(integers, rows), Scores(loaded, rows));
        var (labels, others) = (Labels(plain, rows), Labels(loaded, rows));
        Assert.InRange(labels.Zip(others).Count(pair => pair.First == pair.Second), (int)(0.95 * labels.Length), labels.Length);
        Assert.NotEqual(Scores(plain, rows)[0], Scores(loaded, rows)[0]);

        // Torch computes with the float32 weights.
        using var torch = loaded.WithBackend(ScoringBackend.Torch);
        Assert.All(Scores(plain, rows)[0].Zip(Scores(torch, rows)[0]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        var report = loaded.Model.Card.Training.Quantization!;
        Assert.Equal((OnnxWeights.Int8, "Validation", 27), (report.Weights, report.Split, report.Before!.Count));
        // Two batches of 31 out of 63 rows.
        Assert.Equal(62, report.CalibrationImages);
        Assert.Contains(messages, message => message == $"Int8: {report}.");
        var card = ModelCardText.Markdown(loaded.Model, latency: null);
        Assert.Contains($"Scores in numbers of Int8: {report}", card, StringComparison.Ordinal);
        Assert.Null(plain.Model.Card.Training.Quantization);
    }

    [Fact]
    public void SaveOnnx_writes_what_the_model_scores_with_unless_other_numbers_are_asked_for()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: _options);
        model.SaveOnnx(folder.File("model.onnx"), new OnnxSettings());
        Assert.Equal(model.Model.Onnx.ToArray(), File.ReadAllBytes(folder.File("model.onnx")));
        model.SaveOnnx(folder.File("float.onnx"), new OnnxSettings { Weights = OnnxWeights.Float32 });
        Assert.False(OnnxContent.TryRead(File.ReadAllBytes(folder.File("float.onnx")))!.Metadata.ContainsKey("weights"));
        Assert.Throws<ArgumentException>(() => model.SaveOnnx(folder.File("x.onnx"), new OnnxSettings { Width = 16, Height = 16 }));
    }

    [Fact]
    public void Temperature_and_rejection_look_at_the_scores_in_integers()
    {
        var options = _options with { CalibrateScores = true, Rejection = new Rejection { Threshold = 0.9 }, ReduceRange = true };
        using var model = TrainingRuns.Fit(options: options);
        var (card, report) = (model.Model.Card, model.Model.Card.Training.Quantization!);
        Assert.True(report.ReduceRange);
        // Written anew, it has 7 bits again, whether Int8 is said or not; of float32 they are no setting.
        Assert.All(
            new OnnxSettings[] { new(), new() { Weights = OnnxWeights.Int8 } },
            settings => Assert.True(settings.ReducesRangeOf(card) && settings.AreOf(card)));
        Assert.True(new OnnxSettings { ReduceRange = true }.AreOf(card));
        Assert.True(new OnnxSettings { ReduceRange = true }.AreOf(card with { OnnxWeights = OnnxWeights.Float32 }));
        var eight = card with { Training = card.Training with { Quantization = report with { ReduceRange = false } } };
        Assert.False(new OnnxSettings { ReduceRange = true }.AreOf(eight));
        // What was calibrated is what the integers answer.
        var calibrated = card.Training.Metrics.Single(metric =>
            metric is { Name: "NegativeLogLikelihood", Split: "Validation, calibrated on it" }).Value;
        if (card.Temperature == 1)
            Assert.Equal(report.After!.NegativeLogLikelihood, calibrated, 1e-9);
        else
            Assert.True(calibrated < report.After!.NegativeLogLikelihood);
        Assert.NotEqual(report.Before!.NegativeLogLikelihood, report.After!.NegativeLogLikelihood);
        Assert.Contains(card.Training.Metrics, metric => metric.Name == "Coverage");
    }

    [Fact]
    public void Half_precision_changes_no_label_of_a_trained_network()
    {
        using var model = TrainingRuns.Fit(options: _options with { Weights = OnnxWeights.Float16 });
        var report = model.Model.Card.Training.Quantization!;
        Assert.Equal((1.0, 0, 0.0), (report.Agreement, report.CalibrationImages, report.Top1Drop));
    }

    [Fact]
    public void A_model_that_is_trained_for_integers_scores_as_it_was_validated()
    {
        var options = _options with { MaxEpochs = 4, FakeQuantization = new FakeQuantization(), ReduceRange = true };
        using var model = TrainingRuns.Fit(options: options);
        var training = model.Model.Card.Training;
        var validated = training.Metrics.Single(metric => metric is { Name: "NegativeLogLikelihood", Split: "Validation" }).Value;
        Assert.Equal(training.Quantization!.After!.NegativeLogLikelihood, validated, 1e-3);
        Assert.NotEqual(training.Quantization.Before!.NegativeLogLikelihood, validated, 1e-6);
        Assert.Equal(62, training.Quantization.CalibrationImages);
        // Weights learn otherwise than for 8 bits, or in floating point.
        using var eight = TrainingRuns.Fit(options: options with { ReduceRange = false });
        using var plain = TrainingRuns.Fit(options: options with { FakeQuantization = null });
        string[] weights = [.. new[] { model, eight, plain }.Select(one => one.Model.Card.WeightsSha256)];
        Assert.Equal(3, weights.Distinct().Count());
    }

    [Fact]
    public void Training_for_other_numbers_than_the_models_is_refused()
    {
        var options = _options with { FakeQuantization = new FakeQuantization() };
        Assert.Equal(
            "FakeQuantization trains for Weights of Int8, but Weights is Float32; set it to Int8, or leave FakeQuantization out.",
            Assert.Throws<ArgumentException>(() => TrainingRuns.Fit(options: options with { Weights = OnnxWeights.Float32 })).Message);
        Assert.Equal(
            "FakeQuantization trains for weights of 7 bits, but ReduceRange is false; set it to true, which holds for both.",
            Assert.Throws<ArgumentException>(() =>
                TrainingRuns.Fit(options: options with { FakeQuantization = new() { ReduceRange = true } })).Message);
    }

    [Fact]
    public void Without_validation_rows_the_figures_are_named_as_those_of_training_rows()
    {
        using var model = TrainingRuns.Fit(options: _options with { ValidationSetFraction = null });
        var report = model.Model.Card.Training.Quantization!;
        Assert.Equal("Training", report.Split);
        Assert.Contains(" training images top-1 ", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_drop_above_the_limit_is_refused_and_nothing_is_lost()
    {
        var report = new QuantizationReport
        {
            Weights = OnnxWeights.Int8,
            Split = "Validation",
            Before = new(200, 0.9, 1, 0.3, 0.02),
            After = new(200, 0.885, 1, 0.35, 0.03),
            Agreement = 0.96,
            BytesBefore = 1024 * 1000,
            BytesAfter = 1024 * 280,
        };
        Assert.Equal(1.5, report.Top1Drop, 9);
        Assert.Equal(
            "1,000 KiB of ONNX are 280; on 200 validation images top-1 90.00 % is 88.50, log-loss 0.3000 is 0.3500, calibration error "
            + "0.0200 is 0.0300; 96.0 % have the same label",
            report.ToString());
        var (ml, model) = (new MLContext(seed: 1), TestModels.WithNetwork());
        var options = _options with { MaxQuantizationDrop = 1 };
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(options);
        var smaller = report with { After = report.After! with { Top1 = 0.895 } };
        trainer.RequireSmallDrop(smaller, null, () => throw new InvalidOperationException("It is not asked for."));
        var refusal = Assert.Throws<QuantizationDropException>(() => trainer.RequireSmallDrop(report, "checkpoints", () => model));
        Assert.StartsWith(
            "In numbers of Int8 the network is right 1.50 points less often than in float32, but MaxQuantizationDrop is 1. 1,000 KiB",
            refusal.Message,
            StringComparison.Ordinal);
        Assert.Contains("and the checkpoint in 'checkpoints' stays;", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(report, refusal.Report);
        using var saved = refusal.FloatModel!;
        Assert.Same(model, saved.Model);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TorchImageClassificationTrainer.Options { MaxQuantizationDrop = -1 });
    }

    private static float[][] Scores(ITransformer transformer, IDataView rows) =>
        [.. transformer.Transform(rows).GetColumn<float[]>("Score")];

    private static uint[] Labels(ITransformer transformer, IDataView rows) =>
        [.. transformer.Transform(rows).GetColumn<uint>("PredictedLabel")];
}
