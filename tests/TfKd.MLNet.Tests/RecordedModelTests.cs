using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>
/// A model file that an earlier version of the library wrote. It is never written by a test: TfKd.Benchmarks' command <c>fixtures</c> did,
/// with the library of commit 56aea00.
/// </summary>
public sealed class RecordedModelTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ITransformer _chain;
    private readonly RecordedModel _recorded =
        JsonSerializer.Deserialize<RecordedModel>(File.ReadAllText(InFixtures(RecordedModel.RecordFile)))!;
    private readonly RecordedModel _found;

    public RecordedModelTests()
    {
        _chain = _ml.Model.Load(InFixtures(RecordedModel.ModelFile), out _);
        _found = RecordedModel.Of(_ml, _chain);
    }

    public void Dispose() => (_chain as IDisposable)?.Dispose();

    [Fact]
    public void It_answers_as_it_did()
    {
        Assert.Equal(12, _found.Answers.Count);
        foreach (var (expected, found) in _recorded.Answers.Zip(_found.Answers))
        {
            Assert.Equal(expected.Label, found.Label);
            Assert.Equal(expected.Scores.Length, found.Scores.Length);
            Assert.All(expected.Scores.Zip(found.Scores), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        }
    }

    [Fact]
    public void Its_card_reads_as_it_did()
    {
        Assert.Equal(["red", "green", "blue"], _found.ClassNames);
        Assert.Equal(_recorded.ClassNames, _found.ClassNames);
        Assert.Equal(_recorded.Architecture, _found.Architecture);
        Assert.Equal(_recorded.Plan, _found.Plan);
        Assert.Equal(_recorded.Temperature, _found.Temperature);
        Assert.Equal(_recorded.Metrics, _found.Metrics);
        Assert.Equal(_recorded.Rows, _found.Rows);
        // The column has another heading since: what it holds is a divergence.
        Assert.Equal(_recorded.TeacherReport?.Replace("    gain", "      KL", StringComparison.Ordinal), _found.TeacherReport);
    }

    [Fact]
    public void Its_network_can_be_built_and_answers_alike()
    {
        var model = ((IEnumerable<ITransformer>)_chain).OfType<TorchImageClassificationTransformer>().Single();
        Assert.Equal(RecordedModel.Network, model.Model.Architecture);
        using var torch = model.WithBackend(ScoringBackend.Torch);
        var answers = torch.Transform(RecordedModel.Probes(_ml)).GetColumn<float[]>("Score");
        foreach (var (expected, found) in _recorded.Answers.Zip(answers))
            Assert.All(expected.Scores.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    private static string InFixtures(string file) => Path.Combine(AppContext.BaseDirectory, "Fixtures", file);
}
