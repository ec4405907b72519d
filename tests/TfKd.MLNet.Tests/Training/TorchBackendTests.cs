using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>Models of networks that have no ONNX form.</summary>
public sealed class TorchBackendTests
{
    private const string NoForm = "but it has none: it was trained with ScoringBackend.Torch.";

    private static readonly FactoryNetwork _network = new("waves", count => new Waves(count), TestImages.Shape);

    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with
    {
        Network = _network,
        ScoringBackend = ScoringBackend.Torch,
        MaxEpochs = 10,
    };

    [Fact]
    public void A_network_without_an_ONNX_form_trains_saves_loads_and_scores()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: _options with { Rejection = new Rejection { Threshold = 0.5 } });
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        var expected = Scores(model, rows);
        Assert.True(ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy > 0.9);
        Assert.True(model.Model.Onnx.IsEmpty);
        ml.Model.Save(model, rows.Schema, folder.File("model.zip"));

        using var loaded = (TorchImageClassificationTransformer)ml.Model.Load(folder.File("model.zip"), out _);
        Assert.Equal(ScoringBackend.Torch, loaded.Model.Card.ScoringBackend);
        Assert.Equal(0.5, loaded.Model.Rejection!.Threshold);
        var refusal = Assert.Throws<InvalidOperationException>(() => Scores(loaded, rows));
        Assert.Equal(
            "The scores are to be computed by Torch, but the network cannot be built. The network 'waves' is made by a function, which its "
            + "file does not hold; set Network to a FactoryNetwork with the function, or derive a record from NetworkArchitecture. The "
            + "transformer of a loaded model takes the network by WithNetwork.",
            refusal.Message);

        using var given = loaded.WithNetwork(_network);
        Assert.Equal(expected, Scores(given, rows));
        Parallel.For(0, 4, _ => Assert.Equal(expected, Scores(given, rows)));
        using var strict = given.WithRejection(new Rejection { Threshold = 0.999999 });
        Assert.Equal(expected, Scores(strict, rows));
        Assert.Contains(0u, strict.Transform(rows).GetColumn<uint>("PredictedLabel"));
        given.Model.SaveCard(folder.File("card.md"));
        var card = File.ReadAllText(folder.File("card.md"));
        Assert.Contains(" bytes, no ONNX model", card, StringComparison.Ordinal);
        Assert.Contains(" ms an image in Torch, batch 1", card, StringComparison.Ordinal);
    }

    [Fact]
    public void What_needs_an_ONNX_form_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: _options with { MaxEpochs = 1 });
        Assert.Equal(
            "ONNX Runtime needs the model's ONNX form, " + NoForm,
            Assert.Throws<NotSupportedException>(() => model.WithBackend(ScoringBackend.OnnxRuntime)).Message);
        Assert.Equal(
            "A portable chain holds the model's ONNX form, " + NoForm,
            Assert.Throws<NotSupportedException>(() => model.ToPortable(new MLContext())).Message);
        Assert.StartsWith(
            "'body.wave' is a Wave, which no emitter knows",
            Assert.Throws<NotSupportedException>(() => model.SaveOnnx(folder.File("model.onnx"))).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("model.onnx")));
    }

    [Fact]
    public void Scores_are_calibrated_as_those_of_ONNX_Runtime_are()
    {
        using var folder = new TemporaryFolder();
        var classes = ClassKeys.FromCard(TestModels.TextClasses("red", "green", "blue"));
        using var network = TestModels.Architecture.Build(3);
        using var onnx = new TorchImageClassificationTransformer(
            NetworkExport.ToModel(network, classes, TestModels.Training, new OnnxForm { Temperature = 2.5 }), TestModels.Columns);
        using var torch = new TorchImageClassificationTransformer(
            NetworkExport.ToTorchModel(network, classes, TestModels.Training, temperature: 2.5, rejection: null), TestModels.Columns);
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(9));
        ml.Model.Save(torch, rows.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)ml.Model.Load(folder.File("model.zip"), out _);
        Assert.Equal(2.5, loaded.Model.Temperature);
        foreach (var (expected, found) in Scores(onnx, rows).Zip(Scores(loaded, rows)))
            Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void A_model_of_Torch_teaches_and_is_trained_on()
    {
        using var model = TrainingRuns.Fit(options: _options);
        using var student = TrainingRuns.Fit(
            options: TrainingRuns.Options with { Objective = new KnowledgeDistillation(), Teacher = new ModelTeacher(model) });
        Assert.NotNull(student.Model.Card.Training.TeacherReport);
        using var continued = TrainingRuns.Fit(options: _options with { InitialModel = model, MaxEpochs = 1 });
        Assert.True(continued.Model.Onnx.IsEmpty);
    }

    [Fact]
    public void A_network_of_the_library_needs_no_function()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with { ScoringBackend = ScoringBackend.Torch });
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        ml.Model.Save(model, rows.Schema, folder.File("model.zip"));
        using var loaded = (TorchImageClassificationTransformer)ml.Model.Load(folder.File("model.zip"), out _);
        Assert.Equal(Scores(model, rows), Scores(loaded, rows));
        // It has an ONNX form, which is made when it is asked for.
        loaded.SaveOnnx(folder.File("model.onnx"));
        var content = OnnxContent.TryRead(File.ReadAllBytes(folder.File("model.onnx")));
        Assert.Contains("classes", content!.Metadata.Keys);
    }

    [Fact]
    public void Another_network_than_the_card_names_is_refused()
    {
        using var model = TrainingRuns.Fit(options: _options with { MaxEpochs = 1 });
        var other = new FactoryNetwork("others", count => new Waves(count), TestImages.Shape);
        Assert.StartsWith(
            "The model is of the network {",
            Assert.Throws<ArgumentException>(() => model.WithNetwork(other)).Message,
            StringComparison.Ordinal);
        var wider = new FactoryNetwork("waves", count => new Waves(count, 9), TestImages.Shape);
        Assert.Throws<InvalidDataException>(() => model.WithNetwork(wider));
    }

    [Fact]
    public void Torch_scores_in_float32_alone() => Assert.Equal(
        "ScoringBackend is Torch, which computes in float32, but Weights is Int8; set one of them to its default.",
        Assert.Throws<ArgumentException>(() => TrainingRuns.Fit(options: _options with { Weights = OnnxWeights.Int8 })).Message);

    [Fact]
    public void Torch_gives_no_embeddings() => Assert.Equal(
        "ScoringBackend is Torch, whose models give no embeddings, as these are found in the network's ONNX form, but EmbeddingColumnName is "
        + "'Features'; set one of them to its default.",
        Assert.Throws<ArgumentException>(() => TrainingRuns.Fit(options: _options with { EmbeddingColumnName = "Features" })).Message);

    [Fact]
    public void A_card_that_names_the_other_backend_is_refused()
    {
        var model = TestModels.WithNetwork();
        var refusal = Assert.Throws<InvalidDataException>(() => new TorchImageClassificationModel(
            model.Card with { ScoringBackend = ScoringBackend.Torch }, model.Weights.ToArray(), model.Onnx.ToArray()));
        Assert.StartsWith("The card of the model says that it scores by Torch, but its ONNX model has ", refusal.Message,
            StringComparison.Ordinal);
    }

    private static List<float[]> Scores(ITransformer transformer, IDataView rows) =>
        [.. transformer.Transform(rows).GetColumn<float[]>("Score")];

    private sealed class Waves : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv;
        private readonly Wave wave = new();
        private readonly AdaptiveAvgPool2d pool = nn.AdaptiveAvgPool2d(1);
        private readonly Flatten flatten = nn.Flatten();
        private readonly Linear fc;

        public Waves(int classCount, int width = 8) : base(nameof(Waves))
        {
            conv = nn.Conv2d(3, width, 3, padding: 1);
            fc = nn.Linear(width, classCount);
            RegisterComponents();
        }

        public override Tensor forward(Tensor images) => fc.call(flatten.call(pool.call(wave.call(conv.call(images)))));
    }

    private sealed class Wave() : nn.Module<Tensor, Tensor>(nameof(Wave))
    {
        public override Tensor forward(Tensor input) => input.sin();
    }
}
