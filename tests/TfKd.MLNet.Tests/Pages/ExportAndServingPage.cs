using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/export-and-serving.md.</summary>
internal static class ExportAndServingPage
{
    public static void Export(MLContext ml, ITransformer model, TorchImageClassificationTransformer transformer, IDataView rows)
    {
        ml.Model.Save(model, rows.Schema, "model.zip");
        transformer.SaveOnnx("model.onnx");
        transformer.Model.SaveCard("model.md");
        using var portable = (TransformerChain<ITransformer>)transformer.ToPortable(ml, imageColumnName: "ImagePath");
        var named = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(portable.Transform(rows));
        ml.Model.Save(portable.Append(named), rows.Schema, "portable.zip");
    }

    public static TorchImageClassificationTrainer.Options BeSmall()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Weights = OnnxWeights.Int8,
            CalibrateScores = true,
            MaxQuantizationDrop = 1,
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options TrainForIntegers(TorchImageClassificationTransformer trained)
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            InitialModel = trained,
            Teacher = new ModelTeacher(trained),
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
            Weights = OnnxWeights.Int8,
            FakeQuantization = new FakeQuantization(),
            FreezeBatchNormStatistics = true,
            Optimizer = new Sgd { LearningRate = 0.001 },
            MaxEpochs = 3,
        };
        return options;
    }

    public static void Repository(TorchImageClassificationTransformer transformer)
    {
        transformer.SaveTriton("repository", "flowers");
    }

    public static void Shrink(TorchImageClassificationTransformer transformer, IDataView trainingRows)
    {
        transformer.SaveOnnx("small.onnx", new OnnxSettings { Weights = OnnxWeights.Int8 }, trainingRows);
    }

    public static void Mirror(TorchImageClassificationTransformer transformer)
    {
        using var mirrored = transformer.WithTestTimeAugmentation(TestTimeAugmentation.HorizontalFlip);
        mirrored.SaveOnnx("mirrored.onnx");
    }

    public static void PredictMany()
    {
        var ml = new MLContext();
        var model = ml.Model.Load("model.zip", out _);
        var predictions = model.Transform(ml.Data.LoadImagesFromFolder("new photos", labelled: false));
        foreach (var (path, label) in predictions.GetColumn<string>("ImagePath").Zip(predictions.GetColumn<string>("PredictedLabel")))
            Console.WriteLine($"{Path.GetFileName(path)} {label}");
    }

    public static void Serve(WebApplicationBuilder builder)
    {
        builder.Services.AddImageClassifier("model.zip");
        var app = builder.Build();
        app.MapPost("/classify", async (HttpRequest request, ImageClassifier classifier) =>
        {
            using var photo = new MemoryStream();
            await request.Body.CopyToAsync(photo);
            return classifier.Predict(photo.ToArray()).Top(3).Select(top => new { top.Label, top.Score });
        });
    }

    public static void PredictWithoutLabels(MLContext ml, IDataView photos, TorchImageClassificationTrainer.Options options)
    {
        var keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos);
        var labelled = keys.Transform(photos);
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options)
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(labelled);
        ml.Model.Save(model, ml.Data.LoadFromEnumerable<Image>([]).Schema, "without-labels.zip");
        var predictor = ml.Model.Load("without-labels.zip", out _);
        using var engine = ml.Model.CreatePredictionEngine<Image, Answer>(predictor);
        Console.WriteLine(engine.Predict(new Image { Bytes = File.ReadAllBytes("photo.jpg") }).PredictedLabel);
    }

    public sealed class Image
    {
        [ColumnName("Image")]
        public byte[] Bytes { get; set; } = [];
    }

    public sealed class Answer
    {
        public string PredictedLabel { get; set; } = "";
    }
}
