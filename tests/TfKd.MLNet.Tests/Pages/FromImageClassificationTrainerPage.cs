using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The program of examples/guides/from-image-classification-trainer.md.</summary>
internal static class FromImageClassificationTrainerPage
{
    public static TorchImageClassificationTrainer Change(MLContext ml)
    {
        // before: ml.MulticlassClassification.Trainers.ImageClassification(featureColumnName: "Image")
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(PhotoRecipe.Frozen() with
        {
            ImageColumnName = "Image",
            MetricsCallback = metrics => Console.WriteLine($"Epoch {metrics.Epoch}: {metrics.TrainingAccuracy:P1}"),
        });
        return trainer;
    }
}
