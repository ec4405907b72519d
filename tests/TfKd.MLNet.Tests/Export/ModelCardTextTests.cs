using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

public sealed class ModelCardTextTests
{
    [Fact]
    public void A_model_says_in_a_line_what_it_is() =>
        Assert.Equal(
            "SmallCnn for 3x8x8 images, 3 classes, 15 parameters; MicroAccuracy 0.75 (Validation)",
            TestModels.WithMadeUpBytes().ToString());

    [Fact]
    public void The_card_beside_the_file_has_data_metrics_plan_and_latency()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(
            options: TrainingRuns.Options with
            {
                ValidationSetFraction = 0.2f,
                CalibrateScores = true,
                Rejection = new Rejection { Threshold = 0.5, Label = "a|b" },
            });
        model.Model.SaveCard(folder.File("model.md"));
        var lines = File.ReadAllLines(folder.File("model.md"));
        Assert.Equal("# SmallCnn, 3 classes", lines[0]);
        Assert.Contains("| red | 24 | 6 |", lines);
        Assert.Contains(
            lines, line => line.StartsWith("| ExpectedCalibrationError | Validation, calibrated on it | 0", StringComparison.Ordinal));
        Assert.Contains("Objective: CrossEntropy { }", lines);
        Assert.Contains("- Rejected below a score of 0.5: 'a|b'", lines);
        Assert.Contains(
            lines,
            line =>
                line.StartsWith("- Latency: ", StringComparison.Ordinal)
                    && line.Contains(" ms an image in ONNX Runtime", StringComparison.Ordinal));
        // All of the network's parameters, and no statistics.
        using var network = model.Model.CreateNetwork();
        var count = network.Body.parameters().Sum(parameter => parameter.numel());
        Assert.Contains(
            lines, line => line.StartsWith(FormattableString.Invariant($"- Parameters: {count:N0};"), StringComparison.Ordinal));
    }

    [Fact]
    public void Names_of_classes_do_not_break_the_table()
    {
        var text = ModelCardText.Markdown(TestModels.WithMadeUpBytes(TestModels.TextClasses("a|b", "two\nlines", "c")), latency: null);
        Assert.Contains("| a\\|b | not known | not known |\n| two lines | not known | not known |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Latency", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_identity_of_the_plan_is_on_the_card_where_it_has_one()
    {
        var options = TrainingRuns.Options with { MaxEpochs = 1 };
        var (first, again, other) = (Identity(options), Identity(options), Identity(options with { BatchSize = 8 }));
        Assert.Matches("^[0-9a-f]{64}$", first);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        // A function cannot be told from others: such a plan trains, and its card says so.
        Assert.Null(Identity(options with { Augmentations = [new Drawn(images => images.alias())] }));

        static string? Identity(TorchImageClassificationTrainer.Options options)
        {
            using var model = TrainingRuns.Fit(options: options);
            var identity = model.Model.Card.Training.PlanIdentity;
            Assert.Contains(
                $"- Identity of the plan: {identity ?? "none; "}",
                ModelCardText.Markdown(model.Model, latency: null),
                StringComparison.Ordinal);
            return identity;
        }
    }

    [Fact]
    public void A_card_without_an_identity_is_read()
    {
        var json = TestModels.WithMadeUpBytes().Card.ToJson();
        var old = json.Replace("\"PlanIdentity\": null,", "", StringComparison.Ordinal);
        Assert.NotEqual(json, old);
        var training = ModelCard.FromJson(System.Text.Encoding.UTF8.GetBytes(old)).Training;
        Assert.Null(training.PlanIdentity);
        Assert.Equal("a plan", training.Plan);
    }

    private sealed record Drawn(Func<Tensor, Tensor> Draw) : Augmentation
    {
        protected override Tensor ApplyCore(Tensor images, RowRandom random) => Draw(images);
    }
}
