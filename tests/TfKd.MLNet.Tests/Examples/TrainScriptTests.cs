using Microsoft.ML;
using Microsoft.ML.Data;
using OnnxServing;

namespace TfKd.MLNet.Tests;

public sealed class TrainScriptTests(TrainScript script) : IClassFixture<TrainScript>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Help_lists_options_objectives_and_networks()
    {
        var (exitCode, output, error) = script.Run("--help");
        Assert.True(exitCode == 0, output + error);
        string[] expected =
        [
            "--data", "--objective", "--teacher", "--network", "--image-size", "--epochs", "--batch-size", "--learning-rate", "--seed",
            "--weights", "--frozen-stages",
            "--mixing", "--checkpoints", "--report", "--output", "--onnx", "tf-kd-reg", "label-relaxation", "dkd", "trained:NETWORK",
            "cifar-resnet-20", "resnet-18", "mobilenet-v2",
        ];
        Assert.All(expected, name => Assert.Contains(name, output, StringComparison.Ordinal));
    }

    [Fact]
    public void A_student_of_its_own_kind_is_trained_tested_and_saved()
    {
        var folder = DrawnSigns.DrawFolder(_folder.Path, 60);
        var (model, onnx) = (_folder.File("model.zip"), _folder.File("model.onnx"));
        var (exitCode, output, error) = script.Run(
            "--data", folder, "--objective", "kd", "--teacher", "self", "--epochs", "1", "--image-size", "24", "--output", model, "--onnx",
            onnx);
        Assert.True(exitCode == 0, output + error);
        Assert.Contains("small-cnn, kd: epoch 1 of 1", output, StringComparison.Ordinal);
        Assert.Contains("Teacher, targets at temperature 4", output, StringComparison.Ordinal);
        Assert.Contains("60 of 3 classes", output, StringComparison.Ordinal);
        Assert.Contains("log-loss", output, StringComparison.Ordinal);

        Assert.Equal(60, LoadProbe.Run(model, Directory.GetFiles(folder, "*", SearchOption.AllDirectories)).Length);
        var ml = new MLContext();
        var predictions = ml.Model.Load(model, out _)
            .Transform(ml.Data.LoadImagesFromFolder(folder))
            .GetColumn<string>("PredictedLabel")
            .ToList();
        Assert.Equal(60, predictions.Count);
        using var classifier = new OnnxClassifier(onnx);
        Assert.Equal(DrawnSigns.Names, classifier.Classes.Order());
        Assert.Equal("3x24x24", classifier.InputShape);
    }

    /// <summary>So the test above holds that the library needs none to train, save, load and predict.</summary>
    [Fact]
    public void Neither_the_script_nor_the_program_that_predicts_has_JSON_by_reflection()
    {
        const string Setting = "\"System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault\": false";
        Assert.Contains(Setting, script.RuntimeSettings, StringComparison.Ordinal);
        Assert.Contains(Setting, LoadProbe.RuntimeSettings, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_reported_and_goes_on_from_its_checkpoint()
    {
        var (page, checkpoints) = (_folder.File("report.html"), _folder.File("checkpoints"));
        string[] arguments =
        [
            "--data", DrawnSigns.DrawFolder(_folder.Path, 60), "--mixing", "cutmix", "--epochs", "1", "--image-size", "24", "--report",
            page, "--checkpoints", checkpoints,
            "--output", _folder.File("model.zip"),
        ];
        var first = script.Run(arguments);
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        Assert.Contains("epoch 1 of 1", first.Output, StringComparison.Ordinal);
        Assert.Contains("small-cnn, cross-entropy", File.ReadAllText(page), StringComparison.Ordinal);

        // All of it is done already.
        var second = script.Run(arguments);
        Assert.True(second.ExitCode == 0, second.Output + second.Error);
        Assert.DoesNotContain("epoch 1 of 1", second.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--objective: 'kdd' is unknown; it is one of cross-entropy,", "--data", ".", "--objective", "kdd")]
    [InlineData("--objective dkd needs a --teacher:", "--data", ".", "--objective", "dkd")]
    [InlineData("--teacher: --objective cross-entropy learns from no teacher;", "--data", ".", "--teacher", "self")]
    [InlineData("--teacher: the network 'resnet' is unknown;", "--data", ".", "--objective", "kd", "--teacher", "trained:resnet")]
    [InlineData("--frozen-stages: random weights teach nothing when frozen; it needs --weights.", "--data", ".", "--frozen-stages", "1")]
    [InlineData("--epochs must be above 0, but is 0.", "--data", ".", "--epochs", "0")]
    [InlineData("--data: there is no folder", "--data", "nowhere")]
    public void What_is_wrong_is_told_by_the_option_s_name(string expected, params string[] arguments)
    {
        var (exitCode, output, error) = script.Run(arguments);
        Assert.Equal(2, exitCode);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public void A_folder_without_photos_ends_in_one_line()
    {
        var (exitCode, _, error) = script.Run("--data", _folder.Path);
        Assert.Equal(1, exitCode);
        Assert.Equal(
            $"The folder '{_folder.Path}' has no sub-folders; expected one for each class, with the images of the class in "
            + $"it. Images without labels, to be predicted, are read with labelled: false.{Environment.NewLine}",
            error);
    }
}
