using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd;
using TfKd.MLNet;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/first-model.md.</summary>
internal static class FirstModelPage
{
    public static void Start(string[] args)
    {
        if (args is [var photo])
            Flowers.Predict(photo);
        else
            Flowers.Train();
    }

    public static class Flowers
    {
        public static void Train()
        {
            var ml = new MLContext(seed: 1);
            var photos = ml.Data.LoadImagesFromFolder("photos");
            var split = ml.Data.TrainTestSplit(photos, testFraction: 0.2);
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
                .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(PhotoRecipe.Frozen() with
                {
                    MessageCallback = Console.WriteLine,
                    TopK = 3,
                }))
                .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
            using var model = pipeline.Fit(split.TrainSet);

            var metrics = ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
            Console.WriteLine($"{metrics.MicroAccuracy:P1} of the photos held out are right.");
            Console.WriteLine(metrics.ConfusionMatrix.GetFormattedConfusionTable());
            ml.Model.Save(model, photos.Schema, "model.zip");
        }

        public static void Predict(string photo)
        {
            var ml = new MLContext();
            var model = ml.Model.Load("model.zip", out _);
            using var engine = ml.Model.CreatePredictionEngine<Photo, Prediction>(model);
            var prediction = engine.Predict(new Photo { Image = File.ReadAllBytes(photo) });
            foreach (var (label, score) in prediction.TopLabels.Zip(prediction.TopScores))
                Console.WriteLine($"{score,6:P0} {label}");
        }

        public sealed class Photo
        {
            public string Label { get; set; } = "";
            public byte[] Image { get; set; } = [];
        }

        public sealed class Prediction
        {
            public string[] TopLabels { get; set; } = [];
            public float[] TopScores { get; set; } = [];
        }
    }

    public static void CrossValidate(MLContext ml, IDataView photos, IEstimator<ITransformer> pipeline)
    {
        var folds = ml.MulticlassClassification.CrossValidate(photos, pipeline, numberOfFolds: 5);
        Console.WriteLine($"{folds.Average(fold => fold.Metrics.MicroAccuracy):P1} in the mean of five folds");
    }

    public static TorchImageClassificationTrainer.Options Look()
    {
        var options = PhotoRecipe.Frozen() with
        {
            ValidationSetFraction = 0.2f,
            Callbacks = [new HtmlReport("report.html")],
        };
        return options;
    }
}
