using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/watching-and-resuming.md.</summary>
internal static class WatchingAndResumingPage
{
    public static TorchImageClassificationTrainer.Options Watch(MLContext ml)
    {
        ml.Log += (_, message) =>
        {
            if (message.Source.Contains("TorchImageClassification", StringComparison.Ordinal) && message.Kind >= ChannelMessageKind.Info)
                Console.WriteLine(message.RawMessage);
        };
        var options = new TorchImageClassificationTrainer.Options
        {
            MetricsCallback = metrics => Console.WriteLine($"{metrics}, {metrics.Remaining:hh\\:mm\\:ss} left"),
            Callbacks = [new HtmlReport("report.html"), new CsvLog("run.csv"), new TensorBoardLog("runs/1")],
        };
        return options;
    }

    public static async Task ShowProgress(MLContext ml, IDataView rows, ProgressBar bar, CancellationTokenSource cancellation)
    {
        var progress = new Progress<TrainingStatus>(status => bar.Value = status.Fraction);
        var options = new TorchImageClassificationTrainer.Options
        {
            Callbacks = [new ProgressReporter(progress)],
            CancellationToken = cancellation.Token,
        };
        using var model = await Task.Run(() => ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows));
    }

    public static TorchImageClassificationTrainer.Options StopEarly()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            MaxEpochs = 100,
            EarlyStopping = new EarlyStopping { Metric = ValidationMetric.Loss, Patience = 10 },
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options Resume(CancellationTokenSource cancellation)
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            CheckpointDirectory = "checkpoints/run-1",
            CheckpointInterval = new() { Time = TimeSpan.FromMinutes(5) },
            OnCancellation = CancellationOutcome.KeepBest,
            CancellationToken = cancellation.Token,
        };
        return options;
    }

    public static void LookWhere(TorchImageClassificationTransformer transformer)
    {
        transformer.Model.SaveHeatMap("where.png", "photo.jpg");
    }

    /// <summary>What a toolkit of windows has.</summary>
    public sealed class ProgressBar
    {
        public double Value { get; set; }
    }

    public sealed class StopAtAccuracy(double accuracy) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state)
        {
            if (state.History[^1].Validation?.Top1 >= accuracy)
                state.RequestStop($"Top-1 has reached {accuracy:P1}.");
        }
    }
}
