using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using TfKd;
using TfKd.MLNet;

namespace QuickStart;

/// <summary>Trains two classifiers, one in a plain way and one in a better, and compares both on photos neither has seen.</summary>
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

        var (first, second) = Ways(ownPhotos: data is not null, epochs);
        using var baseline = Train(ml, split.TrainSet, first, token, out var baselineSeconds);
        using var better = Train(ml, split.TrainSet, second, token, out var betterSeconds);

        Console.WriteLine();
        Console.WriteLine($"{"",-14}{"top-1",8}{"log-loss",10}{"seconds",9}");
        WriteRow(first.Title, ml.MulticlassClassification.Evaluate(baseline.Transform(split.TestSet)), baselineSeconds);
        WriteRow(second.Title, ml.MulticlassClassification.Evaluate(better.Transform(split.TestSet)), betterSeconds);
        Console.WriteLine();

        var file = Path.Combine(work, "model.zip");
        ml.Model.Save(better, split.TrainSet.Schema, file);
        Console.WriteLine($"Saved {file}");
        return SecondProcess.Start(file, folder, Prediction.Of(ml, better, split.TestSet));
    }

    /// <summary>
    /// Of many drawn photos a small network learns what it needs, and the objective is what matters; of a few photos of one's own,
    /// pretrained weights matter most.
    /// </summary>
    private static (Way First, Way Second) Ways(bool ownPhotos, int epochs)
    {
        var small = new TorchImageClassificationTrainer.Options { Network = new SmallCnn(), MaxEpochs = epochs };
        return ownPhotos
            ? (new("Small network", small with { ImageWidth = 64, ImageHeight = 64 }), new("Photo recipe", PhotoRecipe.Frozen()))
            : (new("Cross entropy", small),
                new("Tf-KD_reg", small with { Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 } }));
    }

    private static TransformerChain<KeyToValueMappingTransformer> Train(
        MLContext ml, IDataView photos, Way way, CancellationToken token, out double seconds)
    {
        var clock = Stopwatch.StartNew();
        var epochs = way.Options.MaxEpochs;
        var model = ProgressDisplay.Run(way.Title, epochs, report =>
        {
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
                .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(way.Options with
                {
                    MetricsCallback = metrics => report(metrics.Epoch + 1, Remark(metrics)),
                    CancellationToken = token,
                }))
                .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
            return pipeline.Fit(photos);
        });
        seconds = clock.Elapsed.TotalSeconds;
        return model;
    }

    private static string Remark(EpochMetrics metrics) => $"epoch {metrics.Epoch + 1} of {metrics.MaxEpochs}, "
        + (metrics.Validation is { } validation
            ? $"validation top-1 {validation.Top1:P1}"
            : $"training top-1 {metrics.TrainingAccuracy:P1}");

    private static void WriteRow(string name, MulticlassClassificationMetrics metrics, double seconds) =>
        Console.WriteLine($"{name,-14}{metrics.MicroAccuracy,8:P1}{metrics.LogLoss,10:F3}{seconds,9:F1}");

    private sealed record Way(string Title, TorchImageClassificationTrainer.Options Options);
}
