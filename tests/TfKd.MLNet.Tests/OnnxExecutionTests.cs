using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class OnnxExecutionTests
{
    private const string Package =
        "the package Microsoft.ML.OnnxRuntime.Gpu in the place of Microsoft.ML.OnnxRuntime, which is referenced with ExcludeAssets=\"all\"";

    private readonly IDataView _rows = new MLContext(seed: 1).Data.LoadFromEnumerable(TestRows.Make(21));

    [Theory]
    [InlineData(ExecutionProvider.Cuda, Package)]
    [InlineData(ExecutionProvider.TensorRt, Package)]
    public void A_provider_that_is_missing_is_refused_with_its_package(ExecutionProvider provider, string source)
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var message = Assert.Throws<InvalidOperationException>(
            () => transformer.WithExecution(new OnnxExecution { Provider = provider })).Message;
        Assert.StartsWith(
            $"The provider {provider} of OnnxExecution is not in this application's ONNX Runtime, which has ", message,
            StringComparison.Ordinal);
        Assert.Contains("CPUExecutionProvider", message, StringComparison.Ordinal);
        Assert.EndsWith($". It is in {source}.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_number_of_threads_gives_the_same_scores_and_other_copies_keep_it()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        using var one = transformer.WithExecution(new OnnxExecution { Threads = 1 });
        using var without = one.WithoutWeights();
        var expected = Scores(transformer);
        Assert.Equal(21, expected.Length);
        foreach (var found in new[] { one, without })
            Assert.All(expected.Zip(Scores(found)), row => Assert.Equal(row.First, row.Second, (a, b) => Math.Abs(a - b) < 1e-6));
        // Torch needs the weights, ONNX Runtime does not.
        using var torch = transformer.WithBackend(ScoringBackend.Torch);
        using var back = torch.WithoutWeights();
        Assert.Equal(expected, Scores(back));
    }

    [Fact]
    public void Asking_for_ONNX_Runtime_again_changes_nothing_about_how_it_computes()
    {
        var opened = 0;
        using var execution = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns, model =>
        {
            opened++;
            return model.OpenOnnxScorer(new OnnxExecution { Threads = 1 });
        });
        using var again = execution.WithBackend(ScoringBackend.OnnxRuntime);
        Scores(again);
        Assert.Equal(1, opened);
    }

    [Fact]
    public void Settings_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxExecution { Provider = (ExecutionProvider)9 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxExecution { DeviceId = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxExecution { Threads = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxExecution { Threads = 1025 });
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0.04f, true)]
    [InlineData(0.06f, false)]
    [InlineData(-0.06f, false)]
    [InlineData(float.NaN, false)]
    public void Scores_that_are_not_those_of_the_processor_are_refused(float error, bool isTaken)
    {
        var (expected, found) = (new Shifted(0), new Shifted(error));
        if (isTaken)
        {
            ScoreParity.Require(found, expected, TestImages.Shape, 3, "The provider Cuda");
            return;
        }

        Assert.StartsWith(
            FormattableString.Invariant(
                $"The provider Cuda computes wrong scores here: {0.25f + error:G4} where the processor has 0.25, image 2 of 4 and class ")
                + "1.",
            Assert.Throws<InvalidOperationException>(
                () => ScoreParity.Require(found, expected, TestImages.Shape, 3, "The provider Cuda")).Message,
            StringComparison.Ordinal);
    }

    private float[][] Scores(ITransformer transformer) => [.. transformer.Transform(_rows).GetColumn<float[]>("Score")];

    // Wrong in one score of one image, and only there.
    private sealed class Shifted(float error) : IImageScorer
    {
        public void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores, Memory<float> embeddings)
        {
            Assert.Equal(4, count);
            // Dark and bright ones.
            Assert.True(images.Span[..TestImages.Shape.ByteCount].ToArray().Max() < 64);
            Assert.True(images.Span[^TestImages.Shape.ByteCount..].ToArray().Max() > 192);
            scores.Span.Fill(0.25f);
            scores.Span[2 * 3 + 1] += error;
        }

        public void Dispose()
        {
        }
    }
}
