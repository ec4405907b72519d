using TorchSharp;

namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    // When a Fit ends, where it runs, and who watches it.
    public sealed partial record Options
    {
        /// <summary>
        /// Stops early when validation no longer improves. Default null: all epochs run, as the learning-rate schedule expects.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     MaxEpochs = 200,
        ///     EarlyStopping = new EarlyStopping { Patience = 10 },
        /// };
        /// </code></example>
        public EarlyStopping? EarlyStopping { get; init; }

        /// <summary>
        /// Whether the model holds the weights of the best validation epoch, not of the last. Default true. This property is ignored
        /// without validation rows.
        /// </summary>
        public bool RestoreBestWeights { get; init; } = true;

        /// <summary>
        /// By what the best validation epoch is chosen. Default null: by what <see cref="EarlyStopping"/> watches; without it by accuracy.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { BestEpochMetric = ValidationMetric.Loss };
        /// </code></example>
        public ValidationMetric? BestEpochMetric { get; init => field = value is { } metric ? Require.Defined(metric) : null; }

        /// <summary>
        /// Folder for the run's checkpoint: a Fit that finds one made with the same settings continues from it. Later Fits of one trainer,
        /// the folds of a cross-validation, have folders in it, fit-2 and so on. Default null: none.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { CheckpointDirectory = "checkpoints/run-1" };
        /// </code></example>
        public string? CheckpointDirectory { get; init; }

        /// <summary>
        /// How often the checkpoint is written. Default: after each epoch. This property is ignored without
        /// <see cref="CheckpointDirectory"/>.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     CheckpointDirectory = "checkpoints/run-1",
        ///     CheckpointInterval = new() { Time = TimeSpan.FromMinutes(5) },
        /// };
        /// </code></example>
        public CheckpointInterval CheckpointInterval { get; init => field = Require.NotNull(value); } = new();

        /// <summary>
        /// Where the network is trained. Default null: as the MLContext says, by GpuDeviceId and FallbackToCpu; without them the CPU. A
        /// device that is set here and cannot be used is an error.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { Device = torch.cuda.is_available() ? torch.CUDA : null };
        /// </code></example>
        public torch.Device? Device { get; init; }

        /// <summary>
        /// The processes that train the network together, of which this is one, as <c>MpiReplicas.Join()</c> of the package TfKd.Mpi gives
        /// them: <see cref="BatchSize"/> is of all of them. Each runs the same program on the same rows and ends with the same model; of
        /// photos that are files it decodes and holds its share. Callbacks and checkpoints are those of rank 0, and where the MLContext has
        /// no seed they take the one that it draws. Default null: this process trains alone. See <see cref="TrainingPlan.Replicas"/>.
        /// </summary>
        public Replicas? Replicas { get; init; }

        /// <summary>
        /// In which numbers the network is trained; the model is float32 always. Default <see cref="Precision.Float32"/>;
        /// <see cref="Precision.BFloat16"/> is faster on processors and graphics cards with instructions for it.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { Precision = Precision.BFloat16 };
        /// </code></example>
        public Precision Precision { get; init => field = Require.Defined(value); } = Precision.Float32;

        /// <summary>Called after each epoch, on the training thread. Default null.</summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     MetricsCallback = metrics => Console.WriteLine($"{metrics.Epoch}: {metrics.Validation?.Top1:P1}"),
        /// };
        /// </code></example>
        public Action<EpochMetrics>? MetricsCallback { get; init; }

        /// <summary>
        /// Called with what Fit has to say in words: what it does and how long that took before the first epoch, what it found about
        /// kernels and teacher, and warnings. ML.NET's log has the same lines, and those about the rows. Default null.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { MessageCallback = Console.WriteLine };
        /// </code></example>
        public Action<string>? MessageCallback { get; init; }

        /// <summary>Watchers of the run. Default: none.</summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Callbacks = [new HtmlReport("report.html"), new CsvLog("run.csv")],
        /// };
        /// </code></example>
        public IReadOnlyList<TrainingCallback> Callbacks { get; init => field = Require.NotNull(value); } = [];

        /// <summary>
        /// Stops Fit between two batches, as does cancelling the execution of the MLContext, with what <see cref="OnCancellation"/> says;
        /// the last checkpoint stays valid. Default: never.
        /// </summary>
        public CancellationToken CancellationToken { get; init; }

        /// <summary>
        /// What a Fit that is cancelled ends with: an exception (the default), or a model of the best epoch so far. Before the first step
        /// there is none, and Fit throws.
        /// </summary>
        /// <example><code>
        /// using var cancellation = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     CancellationToken = cancellation.Token,
        ///     OnCancellation = CancellationOutcome.KeepBest,
        /// };
        /// </code></example>
        public CancellationOutcome OnCancellation { get; init => field = Require.Defined(value); } = CancellationOutcome.Throw;
    }
}
