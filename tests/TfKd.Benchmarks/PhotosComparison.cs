using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.MLNet;
using Options = TfKd.MLNet.TorchImageClassificationTrainer.Options;

namespace TfKd.Benchmarks;

/// <summary>
/// Cross-validation on a folder of photos, as a Markdown table: ML.NET's featuriser with its linear trainers, and this library with and
/// without pretrained weights, on the same folds. Folds take turns within each class, in the order of the names for the first seed and
/// shuffled for others. Nothing is chosen by the photos held out.
/// </summary>
internal static class PhotosComparison
{
    private const int StudentSide = 128, WholeSide = 224;

    /// <param name="folder">One sub-folder a class.</param>
    public static void Run(string folder, PhotoSettings settings)
    {
        var photos = PhotoFolds.Read(folder);
        PrintHead(folder, photos, settings);
        List<PhotoResult>? first = null;
        foreach (var (name, measure) in settings.Chosen([.. Ways(photos, settings)], way => way.Name))
        {
            List<PhotoResult> results = [.. settings.Of(photos).Select(fold => measure(fold.Fold, new MLContext(seed: fold.Number)))];
            Print(name, results, first, settings.Folds);
            first ??= results;
        }
    }

    private static IEnumerable<(string Name, Func<PhotoFold, MLContext, PhotoResult> Measure)> Ways(
        PhotoFolds photos, PhotoSettings settings)
    {
        var featurizer = new Lazy<FeaturizedPhotos>(() => FeaturizedPhotos.Create(photos));
        return
        [
            ("ML.NET featuriser, Lbfgs", (fold, ml) => featurizer.Value.Lbfgs(fold, ml)),
            ("ML.NET featuriser, Lbfgs, L1 off, L2 chosen on the training photos", (fold, ml) => featurizer.Value.ChosenLbfgs(fold, ml)),
            ("ML.NET featuriser, Sdca", (fold, ml) => featurizer.Value.Sdca(fold, ml)),
            ("TorchImageClassification(), all defaults", (fold, ml) => Train(fold, ml, new Options())),
            ("PhotoRecipe.Frozen()", (fold, ml) => Train(fold, ml, PhotoRecipe.Frozen())),
            ("PhotoRecipe.Frozen(), scores over the photo and its mirror image", (fold, ml) => Train(
                fold, ml, PhotoRecipe.Frozen() with { TestTimeAugmentation = TestTimeAugmentation.HorizontalFlip })),
            ("PhotoRecipe.Frozen(), in 8-bit integers", (fold, ml) => Train(
                fold, ml, PhotoRecipe.Frozen() with { Weights = OnnxWeights.Int8 })),
            ("PhotoRecipe.FineTuned(n)", (fold, ml) => Train(fold, ml, PhotoRecipe.FineTuned(fold.Training.Count))),
            ("PhotoRecipe.SmallStudent(n)", (fold, ml) => Train(fold, ml, PhotoRecipe.SmallStudent(fold.Training.Count))),
            ("PhotoRecipe.TaughtStudent(n)", (fold, ml) => Train(fold, ml, PhotoRecipe.TaughtStudent(fold.Training.Count))),
            ("The teacher of TaughtStudent(n)", (fold, ml) => Train(fold, ml, PhotoRecipe.FineTuned(fold.Training.Count) with
            {
                ImageWidth = StudentSide,
                ImageHeight = StudentSide,
            })),
            ("SmallStudent(n) at 224x224", (fold, ml) => Train(
                fold, ml, PhotoRecipe.SmallStudent(fold.Training.Count, imageSize: WholeSide))),
            // Equal cost but for the teacher's: network, start, epochs, steps and rates are the same.
            ("TaughtStudent(n) without its teacher", (fold, ml) => Train(fold, ml, WithoutTeacher(fold, new CrossEntropy()))),
            ("TaughtStudent(n) without its teacher, label smoothing", (fold, ml) => Train(
                fold, ml, WithoutTeacher(fold, new LabelSmoothing()))),
            ("TaughtStudent(n) without its teacher, Tf-KD_reg", (fold, ml) => Train(
                fold, ml, WithoutTeacher(fold, new TfKdRegularization()))),
            .. settings.Labels is not null ? WaysWithUnlabelled(Train) : [],
        ];

        PhotoResult Train(PhotoFold fold, MLContext ml, Options options) =>
            PhotosComparison.Train(fold, ml, options with { Precision = settings.Precision });
    }

    private static IEnumerable<(string Name, Func<PhotoFold, MLContext, PhotoResult> Measure)> WaysWithUnlabelled(
        Func<PhotoFold, MLContext, Options, PhotoResult> train) =>
    [
        ("PhotoRecipe.SmallStudent(n, m), m photos without a label", (fold, ml) => train(
            fold, ml, PhotoRecipe.SmallStudent(fold.Training.Count, fold.Unlabelled.Count) with
            {
                UnlabelledSet = PhotoFold.Load(ml, fold.Unlabelled),
            })),
        ("SmallStudent(n, m) with the teacher of TaughtStudent(n)", (fold, ml) => train(
            fold, ml, PhotoRecipe.SmallStudent(fold.Training.Count, fold.Unlabelled.Count) with
            {
                UnlabelledSet = PhotoFold.Load(ml, fold.Unlabelled),
                Teacher = PhotoRecipe.TaughtStudent(fold.Training.Count).Teacher,
            })),
        ("PhotoRecipe.TaughtStudent(n, m), m photos without a label", (fold, ml) => train(
            fold, ml, PhotoRecipe.TaughtStudent(fold.Training.Count, fold.Unlabelled.Count) with
            {
                UnlabelledSet = PhotoFold.Load(ml, fold.Unlabelled),
            })),
    ];

    private static Options WithoutTeacher(PhotoFold fold, Objective objective) =>
        PhotoRecipe.TaughtStudent(fold.Training.Count) with { Objective = objective, Teacher = null };

    private static PhotoResult Train(PhotoFold fold, MLContext ml, Options options)
    {
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(options with { ImageColumnName = "ImagePath" }));
        var training = PhotoFold.Load(ml, fold.Training);
        var (stopwatch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        using var model = pipeline.Fit(training);
        var (seconds, processor) = (stopwatch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        var metrics = ml.MulticlassClassification.Evaluate(model.Transform(PhotoFold.Load(ml, fold.Test)));
        using var small = model.LastTransformer.WithoutWeights();
        var (size, toScore) = (Size(model), Size(new TransformerChain<ITransformer>([.. model.SkipLast(1), small])));
        return new(metrics.MicroAccuracy, metrics.LogLoss, seconds, processor, size, toScore);

        long Size(ITransformer saved) => PhotoResult.SizeOf(ml, saved, training.Schema);
    }

    private static void PrintHead(string folder, PhotoFolds photos, PhotoSettings settings)
    {
        var classes = photos.Rows.GroupBy(row => row.Label).Select(group => $"{group.Key} {group.Count()}");
        Console.WriteLine($"# Photos: {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}");
        Console.WriteLine();
        Console.WriteLine($"{photos.Rows.Count} photos ({string.Join(", ", classes)}), {settings}.");
        Console.WriteLine();
        Console.WriteLine(Conditions.Describe(typeof(MLContext)));
        Console.WriteLine();
        Console.WriteLine(
            "Seconds are those of one Fit; for ML.NET with the featuriser's part for the training photos. MB is the saved model, as it is "
            + "and without what scoring does not need (`WithoutWeights`). Differences are those from the first line on the same folds, with 95 % intervals.");
        Console.WriteLine();
        Console.WriteLine("| | top-1 | difference | log-loss | difference | seconds | of processor time | MB | to score |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
    }

    private static void Print(string name, List<PhotoResult> results, List<PhotoResult>? first, int folds)
    {
        var mean = results.Average(result => result.Accuracy);
        var deviation = Deviation.Of([.. results.Select(result => result.Accuracy)]);
        var (loss, seconds) = (results.Average(result => result.LogLoss), results.Average(result => result.Seconds));
        var processor = results.Average(result => result.Processor);
        var (size, toScore) = (results.Average(result => result.Bytes) / 1e6, results.Average(result => result.BytesToScore) / 1e6);
        var more = first is null ? "" : Beyond(result => result.Accuracy).Text("0.0", 100);
        var lossMore = first is null ? "" : Beyond(result => result.LogLoss).Text("0.000");
        Console.Write(FormattableString.Invariant(
            $"| {name} | {100 * mean:F1} % ± {100 * deviation:F1} | {more} | {loss:F3} | {lossMore} | {seconds:F1} | {processor:F1} "));
        Console.WriteLine(FormattableString.Invariant($"| {size:F1} | {toScore:F1} |"));

        PairedDifference Beyond(Func<PhotoResult, double> figure) => PairedDifference.Of(results.Select(figure), first.Select(figure), folds);
    }
}
