using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using TfKd.MLNet;
using static System.FormattableString;
using Options = TfKd.MLNet.TorchImageClassificationTrainer.Options;

namespace TfKd.Benchmarks;

/// <summary>
/// What the column of embeddings is good for, on a folder of photos: the classes of the nearest other photos by cosine, those of KMeans'
/// clusters, and ML.NET's LbfgsMaximumEntropy in a cross-validation. The network is frozen, so its embeddings know nothing of the labels.
/// </summary>
internal static class EmbeddingComparison
{
    private const string Features = "Features";
    private const int Nearest = 5;
    private const int Folds = 5;

    /// <param name="folder">One sub-folder a class.</param>
    /// <param name="heatMaps">Where the heat map of each class's first photo is written; null: nowhere.</param>
    public static void Run(string folder, string? heatMaps)
    {
        var frozen = PhotoRecipe.Frozen() with { EmbeddingColumnName = Features };
        Console.WriteLine($"# Embeddings: {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}");
        Console.WriteLine();
        Console.WriteLine(Conditions.Describe());
        Console.WriteLine();
        Console.WriteLine($"| embeddings | numbers | nearest photo | {Nearest} nearest | KMeans, most common class | Lbfgs, {Folds} folds |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Measure("PhotoRecipe.Frozen()", frozen);
        Measure("the same in int8", frozen with { Weights = OnnxWeights.Int8 });
        Measure("without NormalizedFeatures", frozen with { Network = ((ResNet)frozen.Network) with { NormalizedFeatures = false } });

        void Measure(string name, Options options)
        {
            var ml = new MLContext(seed: 1);
            var photos = ml.Data.LoadImagesFromFolder(folder);
            var keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform(photos);
            using var transformer = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(keys);
            var view = ml.Data.Cache(transformer.Transform(keys), "Label", Features);
            var (labels, embeddings) = (view.GetColumn<uint>("Label").ToArray(), view.GetColumn<float[]>(Features).ToArray());
            var (first, several) = (SameClass(labels, embeddings, 1), SameClass(labels, embeddings, Nearest));
            Console.WriteLine(Invariant($"| {name} | {embeddings[0].Length} | {first:P1} | {several:P1} | ")
                + Invariant($"{Purity(ml, view, labels):P1} | {Lbfgs(ml, view):P1} |"));
            if (heatMaps is not null && name.Contains("Frozen", StringComparison.Ordinal))
                WriteHeatMaps(transformer.Model, Directory.CreateDirectory(heatMaps).FullName, photos);
        }
    }

    private static double SameClass(uint[] labels, float[][] embeddings, int count) => Enumerable.Range(0, labels.Length).Average(row =>
        Enumerable.Range(0, labels.Length).Where(other => other != row)
            .OrderByDescending(other => TensorPrimitives.CosineSimilarity(embeddings[row], embeddings[other]))
            .Take(count).Average(other => labels[other] == labels[row] ? 1.0 : 0));

    private static double Purity(MLContext ml, IDataView view, uint[] labels)
    {
        var options = new KMeansTrainer.Options { NumberOfClusters = labels.Distinct().Count(), NumberOfThreads = 1 };
        var clusters = ml.Transforms.NormalizeLpNorm(Features).Append(ml.Clustering.Trainers.KMeans(options)).Fit(view).Transform(view)
            .GetColumn<uint>("PredictedLabel").Zip(labels, (cluster, label) => (cluster, label));
        return clusters.GroupBy(pair => pair.cluster).Sum(cluster => cluster.GroupBy(pair => pair.label).Max(group => group.Count()))
            / (double)labels.Length;
    }

    private static double Lbfgs(MLContext ml, IDataView view)
    {
        var trainer = ml.Transforms.NormalizeMeanVariance(Features)
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", Features));
        return ml.MulticlassClassification.CrossValidate(view, trainer, Folds).Average(fold => fold.Metrics.MicroAccuracy);
    }

    private static void WriteHeatMaps(TorchImageClassificationModel model, string folder, IDataView photos)
    {
        foreach (var group in photos.GetColumn<string>("ImagePath").GroupBy(path => Path.GetFileName(Path.GetDirectoryName(path))))
            model.SaveHeatMap(Path.Combine(folder, $"{group.Key}.png"), group.First(), group.Key);
    }
}
