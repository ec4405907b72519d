using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet.Tests;

/// <summary>A model repository as Triton Inference Server reads it.</summary>
public sealed class TritonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Repository_has_the_network_its_configuration_and_the_classes()
    {
        using var model = new TorchImageClassificationTransformer(
            TestModels.WithNetwork(TestModels.TextClasses("rot", "grün\r\nhell", "\"blau\"")), TestModels.Columns);
        model.SaveTriton(_folder.Path, "signs");
        Assert.Equal(["signs/1/model.onnx", "signs/config.pbtxt", "signs/labels.txt"], Files());
        Assert.Equal(model.Model.Onnx.ToArray(), File.ReadAllBytes(_folder.File("signs/1/model.onnx")));
        Assert.Equal("rot\ngrün hell\n\"blau\"\n", File.ReadAllText(_folder.File("signs/labels.txt")));
        Assert.Equal(
            """
            name: "signs"
            platform: "onnxruntime_onnx"
            max_batch_size: 32
            input {
              name: "images"
              data_type: TYPE_UINT8
              dims: [ 3, 8, 8 ]
            }
            output {
              name: "scores"
              data_type: TYPE_FP32
              dims: [ 3 ]
              label_filename: "labels.txt"
            }
            dynamic_batching { }

            """.ReplaceLineEndings("\n").Replace("8, 8", $"{TestImages.Shape.Height}, {TestImages.Shape.Width}", StringComparison.Ordinal),
            File.ReadAllText(_folder.File("signs/config.pbtxt")));
    }

    [Fact]
    public void Settings_are_in_the_network_and_in_the_configuration()
    {
        using var model = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        model.SaveTriton(_folder.Path, "signs");
        model.SaveTriton(
            _folder.Path, "signs", new OnnxSettings { InputType = OnnxInputType.Floats, Embedding = true, TopK = 2 }, version: 12);
        Assert.Equal(["signs/1/model.onnx", "signs/12/model.onnx", "signs/config.pbtxt", "signs/labels.txt"], Files());
        var text = File.ReadAllText(_folder.File("signs/config.pbtxt"));
        using var session = new InferenceSession(_folder.File("signs/12/model.onnx"));
        Assert.Equal(["embedding", "scores", "top_indices", "top_scores"], session.OutputMetadata.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, type) in new[] { ("images", "FP32"), ("scores", "FP32"), ("top_scores", "FP32"), ("top_indices", "INT64") })
            Assert.Contains($"  name: \"{name}\"\n  data_type: TYPE_{type}\n", text, StringComparison.Ordinal);
        Assert.Contains($"  dims: [ {session.OutputMetadata["embedding"].Dimensions[1]} ]\n", text, StringComparison.Ordinal);
        Assert.Contains("  dims: [ 2 ]\n", text, StringComparison.Ordinal);
        Assert.Single(text.Split('\n'), line => line.Contains("label_filename", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\"b")]
    [InlineData("größe")]
    public void Names_that_are_no_folder_or_no_text_are_refused(string name)
    {
        using var model = TestModels.Fake(out _);
        var error = Assert.Throws<ArgumentException>(() => model.SaveTriton(_folder.Path, name));
        Assert.StartsWith(
            $"A model's name must have letters, digits, points, underscores and hyphens only, but is '{name}'.",
            error.Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>("version", () => model.SaveTriton(_folder.Path, "signs", version: 0));
        Assert.Empty(Files());
    }

    [Fact]
    public void A_network_that_cannot_be_written_leaves_the_repository_as_it_was()
    {
        using var model = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        Assert.Throws<ArgumentException>(
            () => model.SaveTriton(_folder.Path, "signs", new OnnxSettings { Weights = OnnxWeights.Int8 }));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private IEnumerable<string> Files() => Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(_folder.Path, path).Replace('\\', '/')).Order(StringComparer.Ordinal);
}
