using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/several-labels.md.</summary>
internal static class SeveralLabelsPage
{
    public static void Train(MLContext ml, IDataView training)
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            ImageColumnName = "ImagePath",
            LabelColumnName = "Tags",
            Labels = new MultipleLabels { Separator = ";" },
            Network = new MobileNetV2(),
            ImageWidth = 96,
            ImageHeight = 96,
        };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(training);
    }

    public static TorchImageClassificationTrainer.Options StartFromPublishedWeights()
    {
        var options = PhotoRecipe.Frozen() with
        {
            LabelColumnName = "Tags",
            Labels = new MultipleLabels(),
            ValidationSetFraction = 0.2f,
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options LearnFromATeacher()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            LabelColumnName = "Tags",
            Labels = new MultipleLabels(),
            Objective = new BinaryCrossEntropy() + 2 * new BinaryKd { Temperature = 2 },
            Teacher = new ModelFileTeacher("teacher.zip"),
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options WeighRareLabels()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            LabelColumnName = "Tags",
            Labels = new MultipleLabels(),
            ClassWeighting = new InverseFrequencyWeighting(),
        };
        return options;
    }

    public static void Predict(MLContext ml, ITransformer model, IDataView photos)
    {
        var found = ml.Data.CreateEnumerable<Found>(model.Transform(photos), reuseRowObject: false);
        foreach (var photo in found)
            Console.WriteLine(string.Join(", ", photo.PredictedLabel));
    }

    public static void Measure(MLContext ml, ITransformer model, IDataView test)
    {
        var metrics = ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(test), labelColumnName: "Tags");
        Console.WriteLine($"mAP {metrics.MeanAveragePrecision:P1}, F1 {metrics.MicroF1:P1}, all labels right {metrics.SubsetAccuracy:P1}");
        foreach (var one in metrics.Classes)
            Console.WriteLine($"{one.Name}: AP {one.AveragePrecision:P1}, precision {one.Precision:P1}, recall {one.Recall:P1}");
    }

    public sealed class Found
    {
        public string[] PredictedLabel { get; set; } = [];

        public float[] Score { get; set; } = [];
    }
}
