using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>Models that look at an image in several orientations, through files and by each way to score.</summary>
public sealed class OrientationTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly IDataView _data;

    public OrientationTests() => _data = _ml.Data.LoadFromEnumerable(TestRows.Make(20));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_trained_model_has_them_in_its_card_file_and_scores()
    {
        var options = TrainingRuns.Options with
        {
            MaxEpochs = 1,
            TestTimeAugmentation = TestTimeAugmentation.FlipsAndRotations,
            CalibrateScores = true,
        };
        using var transformer = TrainingRuns.Fit(options: options);
        Assert.Equal(TestTimeAugmentation.FlipsAndRotations, transformer.Model.Card.TestTimeAugmentation);
        var scores = Scores(transformer);
        // Torch computes the orientations one after another, ONNX Runtime as one batch.
        using (var torch = transformer.WithBackend(ScoringBackend.Torch))
            AssertClose(scores, Scores(torch), 1e-5);
        var path = _folder.File("model.zip");
        _ml.Model.Save(transformer, _data.Schema, path);
        using var loaded = (TorchImageClassificationTransformer)_ml.Model.Load(path, out _);
        Assert.Equal(scores, Scores(loaded));
        Assert.Contains(
            "- Looks at each image in 8 orientations: FlipsAndRotations\n",
            ModelCardText.Markdown(loaded.Model, latency: null),
            StringComparison.Ordinal);
        using var plain = loaded.WithTestTimeAugmentation(TestTimeAugmentation.None);
        Assert.NotEqual(scores, Scores(plain));
        Assert.Equal(loaded.Model.Temperature, plain.Model.Temperature);
        using var again = plain.WithTestTimeAugmentation(TestTimeAugmentation.FlipsAndRotations);
        Assert.Equal(scores, Scores(again));
    }

    [Fact]
    public void Columns_exports_and_torch_have_them()
    {
        using var plain = new TorchImageClassificationTransformer(
            TestModels.WithNetwork(form: new OnnxForm { Temperature = 2 }), TestModels.Columns);
        using var embedding = plain.WithEmbedding().WithTestTimeAugmentation(TestTimeAugmentation.HorizontalFlip);
        Assert.Equal(2, embedding.Model.Temperature);
        using var torch = embedding.WithBackend(ScoringBackend.Torch);
        AssertClose(Scores(embedding), Scores(torch), 1e-5);
        AssertClose(Column(embedding, "Features"), Column(torch, "Features"), 1e-5);
        Assert.NotEqual(Scores(plain), Scores(embedding));
        var file = _folder.File("model.onnx");
        embedding.SaveOnnx(file, new OnnxSettings { InputType = OnnxInputType.Floats });
        Assert.Contains("test_time_augmentation", OnnxContent.TryRead(File.ReadAllBytes(file))!.Metadata);
        using var first = plain.WithTestTimeAugmentation(TestTimeAugmentation.HorizontalFlip);
        using var second = first.WithEmbedding();
        Assert.Equal(Scores(embedding), Scores(second));
        Assert.Same(first.Model, first.WithTestTimeAugmentation(TestTimeAugmentation.HorizontalFlip).Model);
    }

    [Fact]
    public void A_card_that_says_otherwise_than_the_network_is_refused()
    {
        using var plain = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var model = plain.Model;
        var card = model.Card with { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip };
        var message = Assert.Throws<InvalidDataException>(
            () => new TorchImageClassificationModel(card, model.Weights.ToArray(), model.Onnx.ToArray())).Message;
        Assert.EndsWith(
            "\ntest-time augmentation: the card says HorizontalFlip, the ONNX model says None", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_of_integers_are_trained_with_it()
    {
        var options = TrainingRuns.Options with
        {
            Weights = OnnxWeights.Int8,
            MaxEpochs = 1,
            TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip,
        };
        using var integers = TrainingRuns.Fit(options: options);
        using var torch = integers.WithBackend(ScoringBackend.Torch);
        AssertClose(Scores(integers), Scores(torch), 0.1);
        Assert.Equal(
            "The model has the TestTimeAugmentation HorizontalFlip, and scores in Int8, which is not written anew without the images that "
                + "its ranges were measured on; train it with TestTimeAugmentation.",
            Assert.Throws<NotSupportedException>(() => integers.WithTestTimeAugmentation(TestTimeAugmentation.None)).Message);
    }

    private static void AssertClose(List<float[]> expected, List<float[]> found, double tolerance)
    {
        Assert.Equal(expected.Count, found.Count);
        foreach (var (first, second) in expected.Zip(found))
            Assert.InRange(first.Zip(second).Max(pair => Math.Abs(pair.First - pair.Second)), 0, tolerance);
    }

    private List<float[]> Scores(TorchImageClassificationTransformer transformer) => Column(transformer, "Score");

    private List<float[]> Column(TorchImageClassificationTransformer transformer, string name) =>
        [.. transformer.Transform(_data).GetColumn<float[]>(name)];
}
