using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>Embeddings of real networks: against Torch, through files, and by each way to score.</summary>
public sealed class EmbeddingTests : IDisposable
{
    private static readonly TransformerColumns _columns = TestModels.Columns with
    {
        Embedding = "Features",
        Top = new TopColumns(2, "TopLabels", "TopScores"),
    };

    private static readonly OnnxForm _form = new() { WithEmbedding = true };

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly IDataView _data;

    public EmbeddingTests() => _data = _ml.Data.LoadFromEnumerable(TestRows.Make(50));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Embeddings_are_what_the_torch_network_extracts_and_scores_are_as_without_them()
    {
        using var transformer = Open();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = transformer.Model.CreateNetwork();
        var found = Embeddings(transformer);
        foreach (var (image, embedding) in _data.GetColumn<byte[]>("Image").Zip(found))
        {
            var pixels = new byte[TestImages.Shape.ByteCount];
            ImageDecoder.Decode(image, TestImages.Shape, pixels);
            AssertClose(network.Extract(tensor(pixels).view(1, 3, 8, 8)).data<float>().ToArray(), embedding, 1e-5);
        }

        Assert.Equal(50, found.Count);
        Assert.Equal(transformer.Model.Card.EmbeddingSize, found[0].Length);
        using var plain = new TorchImageClassificationTransformer(
            NetworkExport.ToModel(network, transformer.Model.Classes, TestModels.Training), TestModels.Columns);
        Assert.Equal(Column(plain, "Score"), Column(transformer, "Score"));
    }

    [Fact]
    public void Torch_rows_and_eight_threads_give_the_same_embeddings()
    {
        using var transformer = Open();
        var expected = Embeddings(transformer);
        using var torch = transformer.WithBackend(ScoringBackend.Torch);
        foreach (var (first, second) in expected.Zip(Embeddings(torch)))
            AssertClose(first, second, 1e-5);
        Parallel.For(0, 8, _ => Assert.Equal(expected, Embeddings(transformer)));
        Parallel.For(0, 8, _ => Assert.Equal(Embeddings(torch), Embeddings(torch)));
        using var engine = _ml.Model.CreatePredictionEngine<InputRow, Embedded>(
            transformer, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var (row, embedding) in TestRows.Make(50).Zip(expected))
            AssertClose(embedding, engine.Predict(row).Features, 1e-6);
    }

    [Fact]
    public void Saved_and_loaded_columns_are_the_same_and_temperature_and_rejection_leave_embeddings_alone()
    {
        using var transformer = Open();
        using var rejecting = transformer.WithRejection(new Rejection { Threshold = 0.99 });
        var path = _folder.File("model.zip");
        _ml.Model.Save(rejecting, _data.Schema, path);
        using var loaded = (TorchImageClassificationTransformer)_ml.Model.Load(path, out _);
        Assert.Equal(("Features", 2), (loaded.EmbeddingColumnName, loaded.TopK));
        Assert.Equal(("TopLabels", "TopScores"), (loaded.TopLabelsColumnName, loaded.TopScoresColumnName));
        Assert.Equal(transformer.Model.Card.EmbeddingSize, loaded.Model.Card.EmbeddingSize);
        Assert.Equal(Embeddings(transformer), Embeddings(loaded));
        Assert.Equal(
            transformer.Transform(_data).GetColumn<string[]>("TopLabels"), loaded.Transform(_data).GetColumn<string[]>("TopLabels"));
        Assert.Equal(Column(transformer, "TopScores"), Column(loaded, "TopScores"));

        using var network = transformer.Model.CreateNetwork();
        using var warm = new TorchImageClassificationTransformer(
            NetworkExport.ToModel(network, transformer.Model.Classes, TestModels.Training, _form with { Temperature = 3 }), _columns);
        Assert.Equal(Embeddings(transformer), Embeddings(warm));
        Assert.NotEqual(Column(transformer, "Score"), Column(warm, "Score"));
        Assert.Contains(
            $"- Embedding: {loaded.Model.Card.EmbeddingSize} numbers an image, beside the scores\n",
            ModelCardText.Markdown(loaded.Model, latency: null),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Onnx_files_have_the_outputs_that_are_asked_for()
    {
        using var transformer = Open();
        using var plain = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        Assert.Equal(["scores", "embedding"], Save(transformer, new OnnxSettings()));
        Assert.Equal(transformer.Model.Onnx.ToArray(), File.ReadAllBytes(_folder.File("model.onnx")));
        Assert.Equal(["scores", "embedding"], Save(transformer, new OnnxSettings { Embedding = true, Weights = OnnxWeights.Float32 }));
        Assert.Equal(transformer.Model.Onnx.ToArray(), File.ReadAllBytes(_folder.File("model.onnx")));
        Assert.Equal(["scores"], Save(transformer, new OnnxSettings { Embedding = false }));
        Assert.Equal(["scores", "embedding"], Save(plain, new OnnxSettings { Embedding = true }));
        Assert.Equal(["scores"], Save(plain, new OnnxSettings { Embedding = false }));
        Assert.Equal(plain.Model.Onnx.ToArray(), File.ReadAllBytes(_folder.File("model.onnx")));

        Assert.Equal(["scores", "embedding", "top_scores", "top_indices"], Save(transformer, new OnnxSettings { TopK = 2 }));
        using var session = new InferenceSession(_folder.File("model.onnx"));
        var names = JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["classes"])!;
        foreach (var row in _ml.Data.CreateEnumerable<Embedded>(transformer.Transform(_data), reuseRowObject: false))
        {
            var pixels = new byte[TestImages.Shape.ByteCount];
            ImageDecoder.Decode(row.Image, TestImages.Shape, pixels);
            using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, 8, 8]);
            using var run = new RunOptions();
            using var results = session.Run(run, ["images"], [input], ["embedding", "top_scores", "top_indices"]);
            AssertClose(row.Features, results[0].GetTensorDataAsSpan<float>().ToArray(), 1e-5);
            AssertClose(row.TopScores, results[1].GetTensorDataAsSpan<float>().ToArray(), 1e-6);
            Assert.Equal(row.TopLabels, results[2].GetTensorDataAsSpan<long>().ToArray().Select(place => names[place]));
        }
    }

    [Fact]
    public void A_model_that_scores_in_integers_gives_embeddings_near_those_of_float32()
    {
        var options = TrainingRuns.Options with
        {
            EmbeddingColumnName = "Features",
            TopK = 2,
            CalibrateScores = true,
            ValidationSetFraction = 0.3f,
            MaxEpochs = 6,
        };
        using var floats = TrainingRuns.Fit(options: options);
        using var integers = TrainingRuns.Fit(options: options with { Weights = OnnxWeights.Int8 });
        using var halves = TrainingRuns.Fit(options: options with { Weights = OnnxWeights.Float16 });
        Assert.Equal(OnnxWeights.Int8, integers.Model.Card.OnnxWeights);
        var norm = Embeddings(floats).SelectMany(row => row).Max(MathF.Abs);
        foreach (var (first, second, third) in Embeddings(floats).Zip(Embeddings(integers), Embeddings(halves)))
        {
            AssertClose(first, second, 0.1 * norm);
            AssertClose(first, third, 0.005 * norm);
        }

        Assert.NotEqual(Embeddings(floats), Embeddings(integers));
        using var torch = integers.WithBackend(ScoringBackend.Torch);
        AssertClose(Embeddings(floats)[0], Embeddings(torch)[0], 1e-4);
        Assert.Equal(["scores", "embedding"], Save(integers, new OnnxSettings()));
    }

    [Fact]
    public void A_trainer_promises_the_columns_that_its_transformer_has()
    {
        var trainer = _ml.MulticlassClassification.Trainers.TorchImageClassification(
            TrainingRuns.Options with { EmbeddingColumnName = "Features", TopK = 5, MaxEpochs = 1 });
        var rows = TrainingRuns.Rows(_ml);
        var promised = trainer.GetOutputSchema(Shapes.Of(rows.Schema));
        using var transformer = trainer.Fit(rows);
        var fitted = Shapes.Of(transformer.GetOutputSchema(rows.Schema));
        Assert.Equal(promised.Select(Text).Order(StringComparer.Ordinal), fitted.Select(Text).Order(StringComparer.Ordinal));
        Assert.Equal(("Features", 5), (transformer.EmbeddingColumnName, transformer.TopK));
        Assert.All(transformer.Transform(rows).GetColumn<float[]>("TopScores"), scores => Assert.Equal(1, scores.Sum(), 1e-5));

        static string Text(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey}";
    }

    [Fact]
    public void A_module_of_ones_own_gives_what_its_last_layer_reads_or_is_refused_before_training()
    {
        var hidden = new FactoryNetwork(
            "hidden", classes => nn.Sequential(nn.Flatten(), nn.Linear(192, 7), nn.ReLU(), nn.Linear(7, classes)), TestImages.Shape);
        var options = TrainingRuns.Options with { Network = hidden, EmbeddingColumnName = "Features" };
        using var transformer = TrainingRuns.Fit(options: options);
        Assert.Equal(7, transformer.Model.Card.EmbeddingSize);
        Assert.All(Embeddings(transformer).SelectMany(row => row), value => Assert.True(value >= 0));

        var epochs = 0;
        var pooled = new FactoryNetwork(
            "pooled", classes => nn.Sequential(nn.Conv2d(3, classes, 1), nn.MaxPool2d(8), nn.Flatten(), new Doubled()), TestImages.Shape);
        var refusal = Assert.Throws<NotSupportedException>(() => TrainingRuns.Fit(options: options with
        {
            Network = pooled,
            MetricsCallback = _ => epochs++,
        }));
        Assert.StartsWith(
            "An embedding is asked for, but the network has none: Add 'body.3.sum' makes its logits of 2 computed values. Expected ",
            refusal.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, epochs);
        TrainingRuns.Fit(options: options with { Network = pooled, EmbeddingColumnName = null, MaxEpochs = 1 }).Dispose();
    }

    [Fact]
    public void A_published_weight_file_gives_embeddings()
    {
        var path = _folder.File("weights.safetensors");
        using (var network = TestModels.Architecture.Build(3))
        {
            network.Normalization.Set(TestModels.Normalization);
            NetworkWeights.Save(network, path);
        }

        using var created = TorchImageClassificationTransformer.Create(
            TestModels.Architecture, path, TestRows.Names, embeddingColumnName: "Features");
        using var torch = created.WithTopK(1).WithBackend(ScoringBackend.Torch);
        foreach (var (first, second) in Embeddings(created).Zip(Embeddings(torch)))
            AssertClose(first, second, 1e-5);
        Assert.Equal("Features", torch.EmbeddingColumnName);
    }

    [Fact]
    public void A_model_without_embeddings_gives_them_by_its_weights_with_the_same_scores()
    {
        using var plain = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns)
            .WithRejection(new Rejection { Threshold = 0.5 });
        using var embedding = plain.WithTopK(2).WithEmbedding();
        Assert.Equal((null, "Features", 2), (plain.EmbeddingColumnName, embedding.EmbeddingColumnName, embedding.TopK));
        Assert.Equal(Column(plain, "Score"), Column(embedding, "Score"));
        Assert.Equal(plain.Model.Rejection, embedding.Model.Rejection);
        Assert.Equal(plain.Model.Card.WeightsSha256, embedding.Model.Card.WeightsSha256);
        using var torch = embedding.WithBackend(ScoringBackend.Torch);
        AssertClose(Embeddings(embedding)[7], Embeddings(torch)[7], 1e-5);
        using var renamed = embedding.WithEmbedding("Vector");
        Assert.Same(embedding.Model, renamed.Model);
        Assert.Equal(Embeddings(embedding), Column(renamed, "Vector"));
        using var scoredByTorch = TrainingRuns.Fit(options: TrainingRuns.Options with
        {
            ScoringBackend = ScoringBackend.Torch,
            MaxEpochs = 1,
        });
        Assert.Equal(
            "The model scores with Torch, which gives no embeddings; train with ScoringBackend.OnnxRuntime.",
            Assert.Throws<NotSupportedException>(() => scoredByTorch.WithEmbedding()).Message);
        using var none = embedding.WithEmbedding(null);
        Assert.Null(none.Transform(_data).Schema.GetColumnOrNull("Features"));

        using var integers = TrainingRuns.Fit(options: TrainingRuns.Options with { Weights = OnnxWeights.Int8, MaxEpochs = 1 });
        Assert.Equal(
            "The model gives no embeddings, and scores in Int8, which is not written anew without the images that its ranges were measured "
                + "on; train it with EmbeddingColumnName.",
            Assert.Throws<NotSupportedException>(() => integers.WithEmbedding()).Message);
    }

    [Fact]
    public void Portable_chain_gives_the_embedding()
    {
        var rows = _ml.Data.LoadFromEnumerable(TestRows.Make(9).Select(row =>
        {
            var path = _folder.File($"{row.Number}.png");
            File.WriteAllBytes(path, row.Image);
            return new { Image = path };
        }).ToList());
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(form: _form), _columns);
        using var portable = (IDisposable)transformer.ToPortable(_ml);
        var view = ((ITransformer)portable).Transform(rows);
        Assert.Equal(
            ["Features", "Image", "PredictedLabel", "Score"],
            view.Schema.Where(column => !column.IsHidden).Select(column => column.Name).Order(StringComparer.Ordinal));
        Assert.Equal(transformer.Transform(rows).GetColumn<float[]>("Features"), view.GetColumn<float[]>("Features"));
        Assert.Equal(transformer.Transform(rows).GetColumn<float[]>("Score"), view.GetColumn<float[]>("Score"));
    }

    private static TorchImageClassificationTransformer Open() => new(TestModels.WithNetwork(form: _form), _columns);

    private List<float[]> Embeddings(TorchImageClassificationTransformer transformer) => Column(transformer, "Features");

    private List<float[]> Column(TorchImageClassificationTransformer transformer, string name) =>
        [.. transformer.Transform(_data).GetColumn<float[]>(name)];

    private IEnumerable<string> Save(TorchImageClassificationTransformer transformer, OnnxSettings settings)
    {
        var path = _folder.File("model.onnx");
        transformer.SaveOnnx(path, settings);
        using var session = new InferenceSession(path);
        return [.. session.OutputMetadata.Keys];
    }

    private static void AssertClose(float[] expected, float[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private sealed class Doubled : nn.Module<Tensor, Tensor>
    {
        private readonly Add sum = new();
        private readonly TorchSharp.Modules.ReLU relu = nn.ReLU();

        public Doubled() : base(nameof(Doubled)) => RegisterComponents();

        public override Tensor forward(Tensor input) => sum.call(input, relu.call(input));
    }

    private sealed class Embedded
    {
        public byte[] Image { get; set; } = [];

        public float[] Features { get; set; } = [];

        public string[] TopLabels { get; set; } = [];

        public float[] TopScores { get; set; } = [];
    }
}
