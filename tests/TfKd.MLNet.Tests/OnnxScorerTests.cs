using Microsoft.ML;
using Microsoft.ML.Data;

using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

public sealed class OnnxScorerTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public OnnxScorerTests() => _data = _ml.Data.LoadFromEnumerable(TestRows.Make(50));

    [Fact]
    public void Scores_are_those_of_the_torch_network()
    {
        var model = TestModels.WithNetwork();
        using var transformer = new TorchImageClassificationTransformer(model, TestModels.Columns);
        var scores = transformer.Transform(_data).GetColumn<float[]>("Score").ToList();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = model.CreateNetwork();
        foreach (var (image, score) in _data.GetColumn<byte[]>("Image").Zip(scores))
        {
            var pixels = new byte[TestImages.Shape.ByteCount];
            ImageDecoder.Decode(image, TestImages.Shape, pixels);
            var expected = network.call(tensor(pixels).view(1, 3, 8, 8)).softmax(1).data<float>().ToArray();
            for (var k = 0; k < 3; k++)
                Assert.Equal(expected[k], score[k], 1e-5);
        }
    }

    [Fact]
    public void Row_by_row_scores_equal_those_of_blocks()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var scores = transformer.Transform(_data).GetColumn<float[]>("Score").ToList();
        var engine = _ml.Model.CreatePredictionEngine<InputRow, OutputRow>(transformer);
        foreach (var (row, score) in TestRows.Make(50).Zip(scores))
        {
            var single = engine.Predict(row).Score;
            for (var k = 0; k < 3; k++)
                Assert.Equal(score[k], single[k], 1e-6);
        }
    }

    [Fact]
    public async Task Eight_threads_share_one_session()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var expected = transformer.Transform(_data).GetColumn<float[]>("Score").ToList();
        var found = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => transformer.Transform(_data).GetColumn<float[]>("Score").ToList())));
        Assert.All(found, scores => Assert.Equal(expected, scores));
    }

    [Fact]
    public async Task Disposing_while_others_score_stops_them_and_not_the_process()
    {
        for (var round = 0; round < 10; round++)
        {
            var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
            var view = transformer.Transform(_data);
            var tasks = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                // Until it is disposed, however late that comes on a busy machine.
                while (true)
                    Assert.Equal(50, view.GetColumn<float[]>("Score").Count());
            })).ToList();
            await Task.Delay(20, TestContext.Current.CancellationToken);
            transformer.Dispose();
            foreach (var task in tasks)
                await Assert.ThrowsAsync<ObjectDisposedException>(() => task);
        }
    }

    [Fact]
    public void Bytes_that_are_no_network_and_networks_of_other_classes_are_refused()
    {
        var model = TestModels.WithNetwork();
        Assert.StartsWith("ONNX Runtime cannot read the model's network:",
            Assert.Throws<InvalidDataException>(() => Open(new byte[10], TestImages.Shape, 3)).Message, StringComparison.Ordinal);
        Assert.Equal("The network must have 'scores' of type Single and shape [N,4], but has 'scores' of type Single and shape [-1,3].",
            Assert.Throws<InvalidDataException>(() => Open(model.Onnx.ToArray(), TestImages.Shape, 4)).Message);
        Assert.Equal("The network must have 'images' of type Byte and shape [N,1,8,8], but has 'images' of type Byte and shape [-1,3,8,8].",
            Assert.Throws<InvalidDataException>(() => Open(model.Onnx.ToArray(), new ImageShape(1, 8, 8), 3)).Message);
    }

    [Fact]
    public void Created_network_has_the_weights_and_the_normalisation()
    {
        var model = TestModels.WithNetwork();
        using var network = model.CreateNetwork();
        Assert.False(network.training);
        Assert.Equal(model.Normalization, network.Normalization.Statistics);
        Assert.Equal(model.Weights.ToArray(), NetworkExport.ToModel(network, model.Classes, TestModels.Training).Weights.ToArray());
    }

    private static OnnxScorer Open(byte[] onnx, ImageShape shape, int classCount) =>
        new(onnx, OnnxContent.TryRead(onnx), shape, classCount);
}
