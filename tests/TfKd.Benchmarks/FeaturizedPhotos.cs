using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;

namespace TfKd.Benchmarks;

/// <summary>
/// ML.NET's own way to a classifier of few photos: DnnFeaturizeImage and a linear trainer. The featuriser learns nothing, so it runs once
/// over all photos; its time counts in each fold for the photos that are trained on.
/// </summary>
internal sealed class FeaturizedPhotos
{
    private const int Side = 224;
    private static readonly float[] Strengths = [0.1f, 1, 3, 10, 30, 100];

    private readonly Dictionary<string, FeaturizedRow> _rows;
    private readonly ITransformer _featurizer;
    private readonly double _secondsAPhoto;
    private readonly double _processorAPhoto;

    private FeaturizedPhotos(Dictionary<string, FeaturizedRow> rows, ITransformer featurizer, double seconds, double processor) =>
        (_rows, _featurizer, _secondsAPhoto, _processorAPhoto) = (rows, featurizer, seconds / rows.Count, processor / rows.Count);

    public static FeaturizedPhotos Create(PhotoFolds photos)
    {
        var ml = new MLContext(seed: 1);
        var data = PhotoFold.Load(ml, photos.Rows);
        var (stopwatch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var featurizer = ml.Transforms.LoadImages("Loaded", "", "ImagePath")
            .Append(ml.Transforms.ResizeImages("Resized", Side, Side, "Loaded", ImageResizingEstimator.ResizingKind.IsoCrop))
            .Append(ml.Transforms.ExtractPixels("Pixels", "Resized"))
            .Append(ml.Transforms.DnnFeaturizeImage(
                "Features", input => input.ModelSelector.ResNet18(ml, input.OutputColumn, input.InputColumn), "Pixels"))
            .Fit(data);
        var rows = ml.Data.CreateEnumerable<FeaturizedRow>(featurizer.Transform(data), reuseRowObject: false)
            .ToDictionary(row => row.ImagePath);
        return new(rows, featurizer, stopwatch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    public PhotoResult Lbfgs(PhotoFold fold, MLContext ml) =>
        Measure(fold, ml, _ => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy());

    public PhotoResult Sdca(PhotoFold fold, MLContext ml) =>
        Measure(fold, ml, _ => ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());

    /// <summary>The strength with the lowest log-loss in cross-validation on the training photos.</summary>
    public PhotoResult ChosenLbfgs(PhotoFold fold, MLContext ml) => Measure(fold, ml, training =>
    {
        var best = Strengths.MinBy(strength => ml.MulticlassClassification.CrossValidate(training, Trainer(strength), numberOfFolds: 5)
            .Average(result => result.Metrics.LogLoss));
        return Trainer(best);

        LbfgsMaximumEntropyMulticlassTrainer Trainer(float strength) => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
            l1Regularization: 0, l2Regularization: strength);
    });

    private PhotoResult Measure<T>(PhotoFold fold, MLContext ml, Func<IDataView, IEstimator<T>> trainer) where T : class, ITransformer
    {
        var keys = ml.Transforms.Conversion.MapValueToKey("Label");
        var rows = Load(ml, fold.Training);
        var (stopwatch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var toKeys = keys.Fit(rows);
        var training = ml.Data.Cache(toKeys.Transform(rows));
        var model = trainer(training).Fit(training);
        var seconds = stopwatch.Elapsed.TotalSeconds + _secondsAPhoto * fold.Training.Count;
        var processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds + _processorAPhoto * fold.Training.Count;
        var metrics = ml.MulticlassClassification.Evaluate(model.Transform(toKeys.Transform(Load(ml, fold.Test))));
        var whole = new TransformerChain<ITransformer>(_featurizer, toKeys, model);
        var size = PhotoResult.SizeOf(ml, whole, PhotoFold.Load(ml, fold.Training).Schema);
        return new(metrics.MicroAccuracy, metrics.LogLoss, seconds, processor, size, size);
    }

    private IDataView Load(MLContext ml, IReadOnlyList<PhotoRow> photos) =>
        ml.Data.LoadFromEnumerable(photos.Select(photo => _rows[photo.ImagePath]));

    private sealed class FeaturizedRow
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";

        [VectorType(512)]
        public float[] Features { get; set; } = [];
    }
}
