using Microsoft.ML;
using TfKd.MLNet;
using static System.FormattableString;
using Options = TfKd.MLNet.TorchImageClassificationTrainer.Options;

namespace TfKd.Benchmarks;

/// <summary>
/// What CalibrateScores does to the scores of photos that it has not seen, a division and a seed at a time: a fifth of the photos is held
/// out, and the temperature is chosen on the validation rows of the rest. Nothing is chosen by the photos held out.
/// </summary>
internal static class CalibrationComparison
{
    private const int Folds = 5;

    // A score that a float cannot tell from 0.
    private const float Smallest = 1e-38f;

    /// <param name="folder">One sub-folder a class.</param>
    /// <param name="seeds">How many divisions there are.</param>
    /// <param name="parts">Only what has one of these in its name; all where there are none.</param>
    public static void Run(string folder, int seeds, IReadOnlyList<string> parts)
    {
        var photos = PhotoFolds.Read(folder);
        Console.WriteLine($"# CalibrateScores: {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}, {photos.Rows.Count} photos");
        Console.WriteLine();
        Console.WriteLine(Conditions.Describe());
        Console.WriteLine();
        Console.WriteLine("| options | seed | validation rows | T | test log-loss at 1 | at T |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Measure("all defaults", new Options());
        Measure("PhotoRecipe.Frozen()", PhotoRecipe.Frozen() with { ValidationSetFraction = new Options().ValidationSetFraction });

        void Measure(string name, Options options)
        {
            if (parts.Count > 0 && !parts.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)))
                return;
            var results = new List<(double Before, double After)>();
            for (var seed = 1; seed <= seeds; seed++)
            {
                var fold = photos.Divide(Folds, seed % Folds, seed);
                var (rows, temperature, before, after) = Train(fold, new MLContext(seed), options);
                Console.WriteLine(Invariant($"| {name} | {seed} | {rows} | {temperature:F3} | {before:F4} | {after:F4} |"));
                results.Add((before, after));
            }

            var differences = results.Select(result => result.After - result.Before).ToList();
            var mean = differences.Average();
            var deviation = Deviation.Of(differences);
            var (worse, better) = (differences.Count(value => value > 0), differences.Count(value => value < 0));
            Console.WriteLine(Invariant(
                $"| **{name}** | mean | | | {results.Average(result => result.Before):F4} | {results.Average(result => result.After):F4} |"));
            Console.WriteLine(Invariant(
                $"| | difference | {mean:F4} ± {deviation:F4} | lower {better}, same {differences.Count - worse - better}, higher {worse} | | |"));
        }
    }

    private static (int Rows, double Temperature, double Before, double After) Train(PhotoFold fold, MLContext ml, Options options)
    {
        var keys = ml.Transforms.Conversion.MapValueToKey("Class", "Label").Fit(PhotoFold.Load(ml, fold.Training));
        using var model = ml.MulticlassClassification.Trainers
            .TorchImageClassification(options with
            {
                LabelColumnName = "Class",
                ImageColumnName = "ImagePath",
                CalibrateScores = true,
            })
            .Fit(keys.Transform(PhotoFold.Load(ml, fold.Training)));
        var temperature = model.Model.Temperature;
        var scored = model.Transform(keys.Transform(PhotoFold.Load(ml, fold.Test)));
        var classes = model.Model.ClassNames.ToList();
        var rows = ml.Data.CreateEnumerable<ScoredRow>(scored, reuseRowObject: false)
            .Select(row => (Scores: Array.ConvertAll(row.Score, score => Math.Max(score, Smallest)), Class: classes.IndexOf(row.Label)))
            .ToList();
        return (model.Model.Card.Training.Rows.Sum(row => row.Validation), temperature, LogLoss(1), LogLoss(temperature));

        // Scores are softmax(z / T): their power of T is in proportion to softmax(z).
        double LogLoss(double divisor) => rows.Average(row =>
            -Math.Log(Math.Pow(row.Scores[row.Class], temperature / divisor)
                / row.Scores.Sum(score => Math.Pow(score, temperature / divisor))));
    }

    private sealed class ScoredRow
    {
        public string Label { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
