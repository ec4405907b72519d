using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

public sealed class TorchScorerTests
{
    [Fact]
    public void Torch_gives_the_scores_of_ONNX_Runtime()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(21));
        using var onnx = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        using var torch = onnx.WithBackend(ScoringBackend.Torch);
        var (expected, found) = (Scores(onnx), Scores(torch));
        Assert.Equal(21, found.Length);
        Assert.All(expected.Zip(found), row => Assert.All(row.First.Zip(row.Second), pair => Assert.Equal(pair.First, pair.Second, 1e-6)));
        using var back = torch.WithBackend(ScoringBackend.OnnxRuntime);
        Assert.Equal(expected, Scores(back));
        Assert.Throws<ArgumentOutOfRangeException>(() => onnx.WithBackend((ScoringBackend)7));

        float[][] Scores(ITransformer transformer) => [.. transformer.Transform(rows).GetColumn<float[]>("Score")];
    }

    [Fact]
    public void Threads_share_one_network()
    {
        using var scorer = new TorchScorer(TestModels.WithNetwork().CreateNetwork(), temperature: 1);
        var images = new byte[4 * TestImages.Shape.ByteCount];
        new Random(1).NextBytes(images);
        var expected = new float[12];
        scorer.Score(images, 4, expected, default);
        Parallel.For(0, 64, _ =>
        {
            var scores = new float[12];
            scorer.Score(images, 4, scores, default);
            Assert.Equal(expected, scores);
        });
        scorer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scorer.Score(images, 4, expected, default));
    }
}
