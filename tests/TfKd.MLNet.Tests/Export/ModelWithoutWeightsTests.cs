using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>A model that can be scored with and nothing else.</summary>
public sealed class ModelWithoutWeightsTests : IDisposable
{
    private const string LeftOut = "The model has no weights to build its network of: they were left out by WithoutWeights, and it can be "
        + "scored with, and exported as it is, only. Use the model that it was made of.";

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _rows;
    private readonly TorchImageClassificationTransformer _whole;
    private readonly TorchImageClassificationTransformer _small;

    public ModelWithoutWeightsTests()
    {
        _rows = TrainingRuns.Rows(_ml);
        _whole = TrainingRuns.Fit(options: TrainingRuns.Options with
        {
            Network = new SmallCnn { Width = 48 },
            ImageWidth = 16,
            ImageHeight = 16,
            MaxEpochs = 1,
            Weights = OnnxWeights.Int8,
            ValidationSetFraction = 0.3f,
        });
        _small = _whole.WithoutWeights();
    }

    public void Dispose()
    {
        _small.Dispose();
        _whole.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_saved_model_scores_the_same_at_less_than_a_third_of_the_size()
    {
        using var loaded = Load(_small, "small.zip");

        Assert.Equal(Scores(_whole), Scores(loaded));
        Assert.Equal((true, false, false), (_whole.Model.HasWeights, _small.Model.HasWeights, loaded.Model.HasWeights));
        Assert.True(loaded.Model.Weights.IsEmpty);
        Assert.Equal(_whole.Model.Card.ToJson(), loaded.Model.Card.ToJson());
        using (Load(_whole, "whole.zip"))
        {
            var (small, whole) = (new FileInfo(_folder.File("small.zip")).Length, new FileInfo(_folder.File("whole.zip")).Length);
            Assert.InRange(small, 1, whole / 3);
        }
    }

    [Fact]
    public void What_needs_no_weights_works()
    {
        using var loaded = Load(_small, "small.zip");
        loaded.SaveOnnx(_folder.File("model.onnx"), new OnnxSettings());
        Assert.Equal(_whole.Model.Onnx.ToArray(), File.ReadAllBytes(_folder.File("model.onnx")));
        using var listing = loaded.WithTopK(2);
        Assert.Equal(2, listing.Transform(_rows).GetColumn<float[]>("TopScores").First().Length);
        using var portable = (IDisposable)loaded.ToPortable(_ml);
        Assert.Contains("weights left out", ModelCardText.Markdown(loaded.Model, latency: null), StringComparison.Ordinal);
        using var again = loaded.WithoutWeights();
        Assert.Equal(Scores(_whole), Scores(again));
    }

    [Fact]
    public void What_needs_weights_says_that_they_were_left_out()
    {
        using var loaded = Load(_small, "small.zip");
        AssertLeftOut(() => loaded.Model.CreateNetwork());
        AssertLeftOut(() => loaded.WithBackend(ScoringBackend.Torch));
        AssertLeftOut(() => loaded.SaveOnnx(_folder.File("x.onnx"), new OnnxSettings { Weights = OnnxWeights.Float32 }));
        AssertLeftOut(() => TrainingRuns.Fit(options: TrainingRuns.Options with { InitialModel = loaded }));
        AssertLeftOut(() => TrainingRuns.Fit(options: TrainingRuns.Options with
        {
            Objective = new KnowledgeDistillation(),
            Teacher = new ModelFileTeacher(_folder.File("small.zip")),
        }));

        void AssertLeftOut(Action action)
        {
            var exception = Assert.ThrowsAny<Exception>(action);
            Assert.Contains(LeftOut, exception.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_whole_model_whose_weights_are_gone_is_damaged()
    {
        using (Load(_whole, "whole.zip"))
        using (var zip = ZipFile.Open(_folder.File("whole.zip"), ZipArchiveMode.Update))
            zip.Entries.Single(entry => entry.FullName.EndsWith("Weights.parts", StringComparison.Ordinal)).Delete();

        Assert.Contains(
            "The model file has no entry 'Weights.parts': it was damaged or changed.",
            Assert.ThrowsAny<Exception>(() => _ml.Model.Load(_folder.File("whole.zip"), out _)).ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_scores_with_torch_has_nothing_else()
    {
        using var torch = TrainingRuns.Fit(options: TrainingRuns.Options with { MaxEpochs = 1, ScoringBackend = ScoringBackend.Torch });

        Assert.Equal(
            "The model scores with Torch and has no ONNX form: without its weights there would be nothing to score with.",
            Assert.Throws<InvalidOperationException>(() => torch.WithoutWeights()).Message);
    }

    private TorchImageClassificationTransformer Load(TorchImageClassificationTransformer transformer, string name)
    {
        _ml.Model.Save(transformer, _rows.Schema, _folder.File(name));
        return (TorchImageClassificationTransformer)_ml.Model.Load(_folder.File(name), out _);
    }

    private float[][] Scores(TorchImageClassificationTransformer transformer) =>
        [.. transformer.Transform(_rows).GetColumn<float[]>("Score")];
}
