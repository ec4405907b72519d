using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>Models without training: of made-up bytes with a fake scorer, or of a real network with random weights.</summary>
internal static class TestModels
{
    public static readonly TransformerColumns Columns = new("Image", "Score", "PredictedLabel");

    public static readonly SmallCnn Architecture = new() { InputShape = TestImages.Shape, Width = 4 };

    public static readonly ChannelStatistics Normalization = new([0.5, 0.4, 0.3], [0.2, 0.25, 0.3]);

    public static readonly TrainingProvenance Training = new()
    {
        Plan = "a plan",
        Seed = 7,
        Metrics = [new ModelMetric("MicroAccuracy", "Validation", 0.75)],
    };

    public static ClassList TextClasses(params string[] names) => new("Text", JsonSerializer.SerializeToElement(names));

    public static TorchImageClassificationModel WithMadeUpBytes(ClassList? classes = null, int embeddingSize = 0)
    {
        var weights = SafeTensors(("fc.weight", [3, 4]), ("fc.bias", [3]));
        var onnx = Encoding.ASCII.GetBytes("no network");
        var card = new ModelCard
        {
            Architecture = ArchitectureJson.Write(Architecture),
            Classes = classes ?? TextClasses("red", "green", "blue"),
            InputShape = TestImages.Shape,
            Normalization = Normalization,
            Training = Training,
            EmbeddingSize = embeddingSize,
            Tensors = TensorTable.Read(weights),
            WeightsSha256 = TorchImageClassificationModel.HashOf(weights),
            OnnxSha256 = TorchImageClassificationModel.HashOf(onnx),
        };
        return new TorchImageClassificationModel(card, weights, onnx);
    }

    /// <summary>A network with random weights: what it answers has no meaning, and is the same each time it is asked.</summary>
    public static TorchImageClassificationModel WithNetwork(
        ClassList? classes = null, NetworkArchitecture? architecture = null, OnnxForm? form = null)
    {
        var keys = ClassKeys.FromCard(classes ?? TextClasses("red", "green", "blue"));
        using var network = (architecture ?? Architecture).Build(keys.Names.Count);
        if (architecture is null)
            network.Normalization.Set(Normalization);
        return NetworkExport.ToModel(network, keys, Training, form);
    }

    public static TorchImageClassificationTransformer Fake(
        out FakeScorer scorer, TransformerColumns? columns = null, ClassList? classes = null)
    {
        var fake = scorer = new FakeScorer(TestImages.Shape);
        var model = WithMadeUpBytes(classes, columns?.Embedding is null ? 0 : TestImages.Shape.Channels);
        return new TorchImageClassificationTransformer(model, columns ?? Columns, _ => fake);
    }

    /// <summary>Float32 tensors of zeros.</summary>
    public static byte[] SafeTensors(params (string Name, long[] Shape)[] tensors)
    {
        var offset = 0L;
        var header = new Dictionary<string, object>();
        foreach (var (name, shape) in tensors)
        {
            var end = offset + 4 * shape.Aggregate(1L, (a, b) => a * b);
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { offset, end } };
            offset = end;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var bytes = new byte[8 + json.Length + offset];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}
