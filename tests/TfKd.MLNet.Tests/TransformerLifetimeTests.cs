using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>Who disposes a transformer, what it does afterwards, and many threads with one.</summary>
public sealed class TransformerLifetimeTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public TransformerLifetimeTests() => _data = _ml.Data.LoadFromEnumerable(TestRows.Make(300));

    [Fact]
    public void Engine_and_chain_dispose_the_transformer()
    {
        _ml.Model.CreatePredictionEngine<InputRow, OutputRow>(Used(out var owned)).Dispose();
        Assert.True(owned.IsDisposed);
        new TransformerChain<ITransformer>(Used(out var chained)).Dispose();
        Assert.True(chained.IsDisposed);

        TorchImageClassificationTransformer Used(out FakeScorer scorer)
        {
            var transformer = TestModels.Fake(out scorer);
            Assert.Equal(1u, transformer.Transform(_data).GetColumn<uint>("PredictedLabel").First());
            return transformer;
        }
    }

    [Fact]
    public void Disposed_transformer_refuses_to_score()
    {
        var transformer = TestModels.Fake(out _);
        var view = transformer.Transform(_data);
        transformer.Dispose();
        transformer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => transformer.Transform(_data));
        Assert.Throws<ObjectDisposedException>(() => ((ITransformer)transformer).GetRowToRowMapper(_data.Schema));
        Assert.Throws<ObjectDisposedException>(() => view.GetColumn<float[]>("Score").First());
    }

    [Fact]
    public async Task Eight_threads_score_with_one_transformer()
    {
        var transformer = TestModels.Fake(out _);
        var expected = transformer.Transform(_data).GetColumn<float[]>("Score").ToList();
        var found = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => transformer.Transform(_data).GetColumn<float[]>("Score").ToList())));
        Assert.All(found, scores => Assert.Equal(expected, scores));
    }
}
