using System.Diagnostics;
using Microsoft.ML;
using TfKd.MLNet;

namespace TfKd.Benchmarks;

/// <summary>
/// Five-fold cross-validation on a folder of a few hundred photos: networks from random weights, and from published ones, frozen and
/// fine-tuned. Folds take turns within each class, each fold has a seed of its own, the last epoch's weights are measured, and no split
/// selects anything.
/// </summary>
internal static class FlowersComparison
{
    private const int Folds = 5;

    /// <param name="photos">A folder with a sub-folder a class.</param>
    /// <param name="weights">SqueezeNet 1.0's weights, for ImageNet's normalisation.</param>
    /// <param name="parts">Only what has one of these in its name; all where there are none.</param>
    public static void Run(string photos, string weights, IReadOnlyList<string> parts)
    {
        var common = new TorchImageClassificationTrainer.Options
        {
            ImageColumnName = "ImagePath",
            BatchSize = 32,
            ValidationSetFraction = null,
        };
        var squeezeNet = common with
        {
            Network = new SqueezeNet(),
            Augmentations = [new RandomCrop { Padding = 16 }, new HorizontalFlip()],
            MaxEpochs = 15,
            // Without batch norm, steps that follow the size of gradients kill the last activation of random weights.
            Optimizer = new AdamW(),
        };
        var pretrained = squeezeNet with { WeightsPath = weights, Normalization = ChannelStatistics.ImageNet };
        (string Name, TorchImageClassificationTrainer.Options Options)[] ways =
        [
            ("SmallCnn 64x64, random weights, 40 epochs", common with
            {
                ImageWidth = 64,
                ImageHeight = 64,
                Augmentations = [new RandomCrop { Padding = 6 }, new HorizontalFlip()],
                MaxEpochs = 40,
            }),
            ("SqueezeNet, random weights, 15 epochs", squeezeNet),
            ("SqueezeNet, ImageNet weights, backbone frozen, features kept, 15 epochs", pretrained with
            {
                Augmentations = [],
                FrozenStages = new SqueezeNet().GetStages().Count,
            }),
            ("SqueezeNet, ImageNet weights, fine-tuned, backbone at 0.1 of the rate, 15 epochs", pretrained with { BackboneLearningRateFactor = 0.1 }),
        ];
        foreach (var (name, options) in ways.Where(way =>
            parts.Count == 0 || parts.Any(part => way.Name.Contains(part, StringComparison.OrdinalIgnoreCase))))
            Measure(name, options, photos);
    }

    private static void Measure(string name, TorchImageClassificationTrainer.Options options, string photos)
    {
        var accuracies = new List<double>();
        var seconds = new List<double>();
        var processor = new List<double>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var ml = new MLContext(seed: fold + 1);
            var (training, test) = Split(ml, photos, fold);
            var pipeline = ml.Transforms.Conversion
                .MapValueToKey("Label")
                .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(options));
            var (stopwatch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            using var model = pipeline.Fit(training);
            seconds.Add(stopwatch.Elapsed.TotalSeconds);
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
            accuracies.Add(ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy);
        }

        var mean = accuracies.Average();
        var deviation = Deviation.Of(accuracies);
        Console.WriteLine(FormattableString.Invariant(
            $"{name}: top-1 {100 * mean:F1} % ± {100 * deviation:F1} over {Folds} folds, {seconds.Average():F1} s a Fit ({seconds.Min():F1} to {seconds.Max():F1}), {processor.Average():F1} s of processor time"));
    }

    private static (IDataView Training, IDataView Test) Split(MLContext ml, string photos, int fold)
    {
        var rows = Directory.EnumerateDirectories(photos).Order(StringComparer.Ordinal)
            .SelectMany(folder =>
                Directory
                    .EnumerateFiles(folder)
                    .Order(StringComparer.Ordinal)
                    .Select((path, index) => (Path: path, Label: Path.GetFileName(folder), Fold: index % Folds)))
            .ToList();
        return (Rows(false), Rows(true));

        IDataView Rows(
            bool held) =>
                ml.Data.LoadFromEnumerable(rows
                    .Where(row => row.Fold == fold == held)
                    .Select(row => new { ImagePath = row.Path, row.Label }));
    }
}
