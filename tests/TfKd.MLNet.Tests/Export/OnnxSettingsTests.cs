using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet.Tests;

public sealed class OnnxSettingsTests
{
    [Fact]
    public void Conversion_by_ml_net_is_refused_and_names_SaveOnnx()
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(TestRows.Make(3));
        using var model = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        using var chain = new TransformerChain<ITransformer>(
            model, ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(model.Transform(data)));
        foreach (var transformer in (ITransformer[])[model, chain])
        {
            using var stream = new MemoryStream();
            var error = Assert.Throws<NotSupportedException>(() => ml.Model.ConvertToOnnx(transformer, data, stream));
            Assert.StartsWith(
                "ConvertToOnnx cannot write a TorchImageClassificationTransformer, since decoding images has no ONNX form. Its SaveOnnx " +
                "writes the network,",
                error.Message,
                StringComparison.Ordinal);
            Assert.Equal(0, stream.Length);
        }
    }

    [Fact]
    public void Bytes_and_floats_give_the_same_scores()
    {
        using var folder = new TemporaryFolder();
        using var model = Transformer();
        model.SaveOnnx(folder.File("bytes.onnx"), new OnnxSettings());
        model.SaveOnnx(folder.File("floats.onnx"), new OnnxSettings { InputType = OnnxInputType.Floats });
        Assert.Equal(model.Model.Onnx.ToArray(), File.ReadAllBytes(folder.File("bytes.onnx")));
        var pixels = new byte[5 * TestImages.Shape.ByteCount];
        new Random(3).NextBytes(pixels);
        using var bytes = OrtValue.CreateTensorValueFromMemory(pixels, [5, 3, 8, 8]);
        using var floats = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(pixels, value => (float)value), [5, 3, 8, 8]);
        var expected = Run(folder.File("bytes.onnx"), bytes);
        Assert.Equal(15, expected.Length);
        Assert.All(expected.Zip(Run(folder.File("floats.onnx"), floats)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Another_size_is_that_of_the_file()
    {
        using var folder = new TemporaryFolder();
        using var model = Transformer();
        model.SaveOnnx(folder.File("large.onnx"), new OnnxSettings { Width = 24, Height = 16 });
        using var session = new InferenceSession(folder.File("large.onnx"));
        Assert.Equal([-1, 3, 16, 24], session.InputMetadata["images"].Dimensions);
        using var input = JsonDocument.Parse(session.ModelMetadata.CustomMetadataMap["input"]);
        Assert.Equal((16, 24), (input.RootElement.GetProperty("height").GetInt32(), input.RootElement.GetProperty("width").GetInt32()));
        var refusal = Assert.Throws<InvalidOperationException>(() =>
            model.SaveOnnx(folder.File("small.onnx"), new OnnxSettings { Width = 4 }));
        Assert.Contains("needs images of at least 8x8", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("small.onnx")));
    }

    [Fact]
    public void The_metadata_say_all_that_a_program_needs()
    {
        using var model = Transformer();
        using var session = new InferenceSession(model.Model.Onnx.ToArray());
        var metadata = session.ModelMetadata.CustomMetadataMap;
        Assert.Equal(["architecture", "classes", "input", "output", "sealed", "training"], metadata.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("[\"red\",\"green\",\"blue\"]", metadata["classes"]);
        using var training = JsonDocument.Parse(metadata["training"]);
        Assert.Equal(
            (TestModels.Training.Plan, TestModels.Training.Seed),
            (training.RootElement.GetProperty("Plan").GetString(), training.RootElement.GetProperty("Seed").GetInt64()));
        Assert.Equal(TestModels.Architecture, ArchitectureJson.Read(JsonDocument.Parse(metadata["architecture"]).RootElement));
    }

    [Fact]
    public void ApplyOnnxModel_names_the_scores_by_the_classes()
    {
        using var folder = new TemporaryFolder();
        using var model = Transformer();
        model.SaveOnnx(folder.File("model.onnx"));
        var ml = new MLContext(seed: 1);
        var type = SchemaDefinition.Create(typeof(PixelRow));
        type[nameof(PixelRow.Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, TestImages.Shape.ByteCount);
        type[nameof(PixelRow.Pixels)].ColumnName = "images";
        var rows = ml.Data.LoadFromEnumerable([new PixelRow { Pixels = new byte[TestImages.Shape.ByteCount] }], type);
        using var applied = ml.Transforms.ApplyOnnxModel("scores", "images", folder.File("model.onnx")).Fit(rows);
        var scored = applied.Transform(rows);
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["scores"].GetSlotNames(ref names);
        Assert.Equal(["red", "green", "blue"], names.DenseValues().Select(name => name.ToString()));
        Assert.Equal(1, scored.GetColumn<float[]>("scores").Single().Sum(), 1e-5);
    }

    private sealed class PixelRow
    {
        public byte[] Pixels { get; set; } = [];
    }

    private static TorchImageClassificationTransformer Transformer() => new(TestModels.WithNetwork(), TestModels.Columns);

    private static float[] Run(string path, OrtValue input)
    {
        using var session = new InferenceSession(path);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["images"], [input], ["scores"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
