using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet.Tests;

public sealed class QuantizedExportTests
{
    [Fact]
    public void SaveOnnx_writes_weights_of_each_kind_with_the_models_metadata()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        using var model = Transformer();
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(60));
        model.SaveOnnx(folder.File("float16.onnx"), new OnnxSettings { Weights = OnnxWeights.Float16 });
        model.SaveOnnx(folder.File("int8.onnx"), new OnnxSettings { Weights = OnnxWeights.Int8 }, rows);
        model.SaveOnnx(folder.File("int7.onnx"), new OnnxSettings { Weights = OnnxWeights.Int8, ReduceRange = true }, rows);
        model.SaveOnnx(folder.File("large.onnx"), new OnnxSettings { Weights = OnnxWeights.Int8, Width = 24, Height = 16 }, rows);
        model.SaveOnnx(folder.File("float32.onnx"), new OnnxSettings { Weights = OnnxWeights.Float32 });
        Assert.Equal(model.Model.Onnx.ToArray(), File.ReadAllBytes(folder.File("float32.onnx")));
        Assert.NotEqual(File.ReadAllBytes(folder.File("int8.onnx")), File.ReadAllBytes(folder.File("int7.onnx")));
        foreach (var file in new[] { "float16.onnx", "int8.onnx", "int7.onnx", "large.onnx" })
        {
            var weights = file == "float16.onnx" ? "Float16" : "Int8";
            using var session = new InferenceSession(folder.File(file));
            Assert.Equal(weights, session.ModelMetadata.CustomMetadataMap["weights"]);
            Assert.Equal("[\"red\",\"green\",\"blue\"]", session.ModelMetadata.CustomMetadataMap["classes"]);
            var isLarge = file == "large.onnx";
            Assert.Equal(isLarge ? [-1, 3, 16, 24] : [-1, 3, 8, 8], session.InputMetadata["images"].Dimensions);
        }
    }

    [Fact]
    public void The_same_rows_give_the_same_file_and_labels_are_not_needed()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        using var model = Transformer();
        var settings = new OnnxSettings { Weights = OnnxWeights.Int8 };
        model.SaveOnnx(folder.File("first.onnx"), settings, ml.Data.LoadFromEnumerable(TestRows.Make(700)));
        var unlabelled = ml.Transforms.DropColumns("Label").Fit(ml.Data.LoadFromEnumerable(TestRows.Make(700)))
            .Transform(ml.Data.LoadFromEnumerable(TestRows.Make(700)));
        model.SaveOnnx(folder.File("second.onnx"), settings, unlabelled);
        Assert.Equal(File.ReadAllBytes(folder.File("first.onnx")), File.ReadAllBytes(folder.File("second.onnx")));
        using var rows = new DecodedCache(TestImages.Shape, TestRows.Names);
        CalibrationRows.Fill(rows, unlabelled, "Image", UndecodableImages.Throw);
        Assert.Equal(OnnxCalibration.MaxImages, rows.Count);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        using var model = Transformer();
        var settings = new OnnxSettings { Weights = OnnxWeights.Int8 };
        var path = folder.File("model.onnx");
        Assert.StartsWith(
            "Weights of Int8 need images to calibrate on; call SaveOnnx(path, settings, calibrationRows) with some hundred rows of the "
            + "training data.",
            Assert.Throws<ArgumentException>(() => model.SaveOnnx(path, settings)).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "There are no rows to calibrate on: the data are empty.",
            Assert.Throws<InvalidOperationException>(() =>
                model.SaveOnnx(path, settings, ml.Data.LoadFromEnumerable(TestRows.Make(0)))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxSettings { Weights = (OnnxWeights)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxSettings { UndecodableImages = (UndecodableImages)7 });
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_card_that_says_other_numbers_than_the_network_is_refused()
    {
        var model = TestModels.WithNetwork();
        var card = model.Card with { OnnxWeights = OnnxWeights.Int8 };
        Assert.Contains(
            "numbers of the weights: the card says Int8, the ONNX model says Float32",
            Assert.Throws<InvalidDataException>(() =>
                new TorchImageClassificationModel(card, model.Weights.ToArray(), model.Onnx.ToArray())).Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("OnnxWeights", model.Card.ToJson(), StringComparison.Ordinal);
        Assert.Contains("\"OnnxWeights\": \"Int8\"", card.ToJson(), StringComparison.Ordinal);
    }

    private static TorchImageClassificationTransformer Transformer() => new(TestModels.WithNetwork(), TestModels.Columns);
}
