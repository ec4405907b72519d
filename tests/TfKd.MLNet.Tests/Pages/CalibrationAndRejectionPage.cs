using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/calibration-and-rejection.md.</summary>
internal static class CalibrationAndRejectionPage
{
    public static TorchImageClassificationTrainer.Options BeSure()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            CalibrateScores = true,
            Rejection = new Rejection { Threshold = 0.6, Label = "unknown" },
        };
        return options;
    }

    public static double? BeStricter(TorchImageClassificationTransformer transformer)
    {
        using var strict = transformer.WithRejection(new Rejection { Threshold = 0.9 });
        return strict.Model.Rejection?.Threshold;
    }

    public static void Measure(MLContext ml, ITransformer model, IDataView test)
    {
        var selective = ml.MulticlassClassification.EvaluateRejection(model.Transform(test));
        Console.WriteLine($"{selective.Coverage:P1} of the photos are given a label, {selective.SelectiveAccuracy:P1} of these the right one.");
    }

    public static void Choose(MLContext ml, TorchImageClassificationTransformer transformer, IDataView validation)
    {
        foreach (var threshold in new[] { 0.5, 0.6, 0.7, 0.8, 0.9, 0.95 })
        {
            using var candidate = transformer.WithRejection(new Rejection { Threshold = threshold });
            var metrics = ml.MulticlassClassification.EvaluateRejection(candidate.Transform(validation));
            if (metrics.SelectiveAccuracy < 0.95)
                continue;
            Console.WriteLine($"{threshold}: {metrics.Coverage:P1} are given a label, {metrics.SelectiveAccuracy:P1} of these the right one.");
            break;
        }
    }
}
