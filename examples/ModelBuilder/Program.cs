using System.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ModelBuilder;
using QuickStart;

var data = new Option<DirectoryInfo?>("--data")
{
    Description = "Folder of your own photos, one sub-folder a class. Without it, photos of traffic signs are drawn.",
};
var epochs = new Option<int>("--epochs") { Description = "Passes over the training photos.", DefaultValueFactory = _ => 20 };
var threads = new Option<int>("--threads") { Description = "Threads that predict at once.", DefaultValueFactory = _ => 8 };

var root = new RootCommand("Trains, evaluates and consumes a model with code in the form of Model Builder's.") { data, epochs, threads };
root.SetAction((arguments, token) => Task.Run(
    () => Run(arguments.GetValue(data)?.FullName, arguments.GetRequiredValue(epochs), arguments.GetRequiredValue(threads), token),
    token));
return await root.Parse(args).InvokeAsync();

static int Run(string? folder, int epochs, int threads, CancellationToken token)
{
    folder ??= TrafficSigns.EnsureFolder(Path.Combine(Path.GetTempPath(), "tfkd-modelbuilder"), seed: 1, drawn: _ => { }, token);
    var mlContext = new MLContext(seed: 1);
    mlContext.Log += (_, message) =>
    {
        if (message.Source.Contains("TorchImageClassification", StringComparison.Ordinal)
            && message.Kind is ChannelMessageKind.Info or ChannelMessageKind.Warning)
            Console.WriteLine(message.RawMessage);
    };
    var split = mlContext.Data.TrainTestSplit(SignClassifier.LoadImageFromFolder(mlContext, folder), testFraction: 0.2, seed: 1);
    TrainAndEvaluate(mlContext, split.TrainSet, split.TestSet, epochs);
    SignClassifier.ModelInput[] photos =
        [.. mlContext.Data.CreateEnumerable<SignClassifier.ModelInput>(split.TestSet, reuseRowObject: false)];
    return PredictAtOnce(photos, threads) ? 0 : 1;
}

static void TrainAndEvaluate(MLContext mlContext, IDataView trainSet, IDataView testSet, int epochs)
{
    var model = SignClassifier.BuildPipeline(mlContext, epochs).Fit(trainSet);
    using var owned = model as IDisposable;
    SignClassifier.SaveModel(mlContext, model, trainSet, SignClassifier.MLNetModelPath);
    Console.WriteLine($"Saved {SignClassifier.MLNetModelPath}");
    Console.WriteLine();
    SignClassifier.WriteReport(
        Console.Out, SignClassifier.Evaluate(mlContext, testSet, model), [.. SignClassifier.GetLabels(new SignClassifier.ModelOutput())]);
    Console.WriteLine();
    Console.WriteLine("What the accuracy loses when a part of each photo comes from another one");
    var photos = mlContext.Data.TakeRows(mlContext.Data.ShuffleRows(testSet, seed: 1), 200);
    foreach (var (tile, importance) in SignClassifier.CalculatePFI(mlContext, photos, model, "Label"))
        Console.WriteLine($"  {tile,-15}{importance,8:P1}");
}

static bool PredictAtOnce(SignClassifier.ModelInput[] photos, int threads)
{
    SignClassifier.ModelOutput[] expected = [.. SignClassifier.Predict(photos)];
    var equal = 0;
    Parallel.For(0, threads * photos.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
    {
        if (SignClassifier.Predict(photos[i % photos.Length]).PredictedLabel == expected[i % photos.Length].PredictedLabel)
            Interlocked.Increment(ref equal);
    });
    Console.WriteLine();
    Console.WriteLine($"{equal} of {threads * photos.Length} predictions by {threads} threads at once are those of one thread.");
    Console.WriteLine($"A photo of {photos[0].Label}:");
    foreach (var (label, score) in SignClassifier.PredictAllLabels(photos[0]).Take(3))
        Console.WriteLine($"  {label,-18}{score,8:P1}");
    return equal == threads * photos.Length;
}
