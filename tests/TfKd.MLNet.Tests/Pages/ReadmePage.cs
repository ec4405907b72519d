using Microsoft.ML;
using TfKd;
using TfKd.MLNet;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of README.md.</summary>
internal static class ReadmePage
{
    public static void Train()
    {
        var ml = new MLContext(seed: 1);
        var split = ml.Data.TrainTestSplit(ml.Data.LoadImagesFromFolder("photos"), 0.2);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(PhotoRecipe.Frozen() with
            {
                MessageCallback = Console.WriteLine,
                MetricsCallback = Console.WriteLine,
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var model = pipeline.Fit(split.TrainSet);
        Console.WriteLine(ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet)).MicroAccuracy);
        ml.Model.Save(model, split.TrainSet.Schema, "model.zip");
    }

    public static void Predict()
    {
        var ml = new MLContext();
        var model = ml.Model.Load("model.zip", out _);
        using var engine = ml.Model.CreatePredictionEngine<Photo, Prediction>(model);
        var prediction = engine.Predict(new Photo { Image = File.ReadAllBytes("photo.jpg") });
        Console.WriteLine($"{prediction.PredictedLabel} {prediction.Score.Max():P0}");
    }

    public static void Distil(MLContext ml, IDataView photos)
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
            Teacher = new TrainedTeacher(new CifarResNet { Depth = 20 }),
            Views = 4,
        };
        var rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform(photos);
        using var student = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
        Console.WriteLine(student.Model.Card.Training.TeacherReport);
        student.SaveOnnx("student.onnx");
    }

    public sealed class Photo
    {
        public string Label { get; set; } = "";
        public byte[] Image { get; set; } = [];
    }

    public sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";
        public float[] Score { get; set; } = [];
    }
}
