using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using TfKd;
using TfKd.MLNet;

namespace QuickStart;

/// <summary>Trains one network twice, by cross entropy and by Tf-KD_reg, and compares both on photos neither has seen.</summary>
internal static class Comparison
{
    /// <summary>The whole program, from photos to a model that a second process has loaded.</summary>
    /// <param name="data">A folder of photos, one sub-folder a class; null to draw one.</param>
    /// <returns>Whether the second process predicts what the first does.</returns>
    public static bool Run(string? data, string work, int epochs, int seed, CancellationToken token)
    {
        Directory.CreateDirectory(work);
        var folder = data
            ?? ProgressDisplay.Run(
                "Drawing traffic signs",
                TrafficSigns.Count,
                report => TrafficSigns.EnsureFolder(work, seed, drawn => report(drawn, null), token));

        var ml = new MLContext(seed);
        var split = ml.Data.TrainTestSplit(ml.Data.LoadImagesFromFolder(folder), testFraction: 0.2, seed: seed);

        using var baseline = Train(ml, split.TrainSet, "Cross entropy", new CrossEntropy(), epochs, token, out var baselineSeconds);
        using var distilled = Train(
            ml,
            split.TrainSet,
            "Tf-KD_reg",
            new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
            epochs,
            token,
            out var distilledSeconds);

        Console.WriteLine();
        Console.WriteLine($"{"",-14}{"top-1",8}{"log-loss",10}{"seconds",9}");
        WriteRow("Cross entropy", ml.MulticlassClassification.Evaluate(baseline.Transform(split.TestSet)), baselineSeconds);
        WriteRow("Tf-KD_reg", ml.MulticlassClassification.Evaluate(distilled.Transform(split.TestSet)), distilledSeconds);
        Console.WriteLine();

        var file = Path.Combine(work, "model.zip");
        ml.Model.Save(distilled, split.TrainSet.Schema, file);
        Console.WriteLine($"Saved {file}");
        return SecondProcess.Start(file, folder, Prediction.Of(ml, distilled, split.TestSet));
    }

    private static TransformerChain<KeyToValueMappingTransformer> Train(
        MLContext ml, IDataView photos, string title, Objective objective, int epochs, CancellationToken token, out double seconds)
    {
        var clock = Stopwatch.StartNew();
        var model = ProgressDisplay.Run(title, epochs, report =>
        {
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
                .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
                {
                    Network = new SmallCnn(),
                    Objective = objective,
                    MaxEpochs = epochs,
                    MetricsCallback = metrics =>
                        report(metrics.Epoch + 1, $"epoch {metrics.Epoch + 1} of {epochs}, validation top-1 {metrics.Validation?.Top1:P1}"),
                    CancellationToken = token,
                }))
                .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
            return pipeline.Fit(photos);
        });
        seconds = clock.Elapsed.TotalSeconds;
        return model;
    }

    private static void WriteRow(string name, MulticlassClassificationMetrics metrics, double seconds) =>
        Console.WriteLine($"{name,-14}{metrics.MicroAccuracy,8:P1}{metrics.LogLoss,10:F3}{seconds,9:F1}");
}
