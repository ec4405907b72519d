using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace TfKd.MLNet;

/// <summary>Trains a TorchSharp image classifier with any distillation or regularisation objective, inside an ML.NET pipeline.</summary>
/// <remarks>
/// Fit reads each row once and decodes its image to a cache in memory, and in a file beyond <see cref="Options.ImageMemoryBudget"/>. The
/// transformer it returns holds no Torch: it predicts with ONNX Runtime, and is saved and loaded as any other. With
/// <see cref="Options.ScoringBackend"/> it predicts with Torch instead.
/// </remarks>
/// <example><code>
/// var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
/// {
///     Network = new CifarResNet(),
///     MaxEpochs = 60,
/// });
/// var labelled = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform(photos);
/// using var classifier = trainer.Fit(labelled);
/// </code></example>
public sealed partial class TorchImageClassificationTrainer
    : ITrainerEstimator<TorchImageClassificationTransformer, TorchImageClassificationModel>
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly Options _options;
    private readonly TrainingPlan _plan;
    private readonly TransformerColumns _columns;
    private readonly ScoreColumnTeacher? _scores;
    private readonly FitSequence _fits;
    private readonly ScoreSettings _settings;

    /// <exception cref="ArgumentException">
    /// Two teachers are named, or a teacher of more than one score column; or two kinds of initial weights, or none where stages are
    /// frozen; or two output columns have one name; or Torch is to score in other numbers than float32, or to give embeddings.
    /// </exception>
    internal TorchImageClassificationTrainer(IHostEnvironment environment, Options options)
    {
        (_environment, _host) = (environment, environment.Register(nameof(TorchImageClassificationTrainer)));
        (_options, _plan, _columns, _settings) = (options, options.ToPlan(), options.OutputColumns, options.ScoreSettings);
        (_scores, _fits) = (TeacherScoreColumn.Of(_plan.Teacher), new FitSequence(options.CheckpointDirectory));
    }

    /// <summary>What ML.NET wants to know of a trainer: it needs no normalised columns and no cache, and takes a validation set.</summary>
    public TrainerInfo Info { get; } = new(normalization: false, calibration: false, caching: false, supportValid: true);

    /// <summary>The columns that Fit's transformer adds.</summary>
    /// <exception cref="ArgumentException">The label, image, weight or teacher score column is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        if (_options.ExampleWeightColumnName is { } weight)
            WeightColumn.Find(inputSchema, weight);
        if (_scores is not null)
            TeacherScoreColumn.Check(inputSchema, _scores);
        return TorchImageClassificationSchema.Append(
            inputSchema, _options.LabelColumnName, _columns, _options.Labels is not null);
    }

    /// <summary>Trains on the rows.</summary>
    /// <exception cref="ArgumentException">The label, image, weight or teacher score column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidDataException">
    /// A row's teacher scores are no probabilities, or no numbers; or a teacher's file is damaged, or the initial weights are, or do not
    /// fit the network.
    /// </exception>
    /// <exception cref="IOException">
    /// The decoded images are more than <see cref="Options.ImageMemoryBudget"/>, and the file for the others cannot be made or written.
    /// </exception>
    /// <exception cref="ImageDecodingException">
    /// An image cannot be decoded, and <see cref="Options.UndecodableImages"/> is Throw.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Objective, teacher, initial weights, network and rows do not fit together, or a weight is negative or not finite; or the device
    /// cannot be used.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// An operation of the network has no ONNX form, and <see cref="Options.ScoringBackend"/> is not Torch; the message names the module
    /// by its path. Or <see cref="Options.EmbeddingColumnName"/> is set, and no single layer makes the network's logits.
    /// </exception>
    /// <exception cref="TrainingDivergedException">The objective, a gradient or a weight became NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">
    /// The run was cancelled, before its first step or where <see cref="Options.OnCancellation"/> is to throw.
    /// </exception>
    /// <exception cref="QuantizationDropException">
    /// The model is right less often in the numbers of <see cref="Options.Weights"/> than <see cref="Options.MaxQuantizationDrop"/> allows.
    /// </exception>
    /// <exception cref="IOException">
    /// Checkpoints cannot be written: the folder is tried before the first batch; or the disk became full, and the last checkpoint is
    /// whole.
    /// </exception>
    /// <example><code>
    /// using var classifier = trainer.Fit(rows);
    /// Console.WriteLine(classifier.Model);
    /// </code></example>
    public TorchImageClassificationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var data = new TrainingDataShelf();
        var model = Run(input, () => _fits.Begin(_host), data, Train);
        _fits.End();
        return new TorchImageClassificationTransformer(model, _columns);
    }

    // What comes before the network, and the run to train it in.
    private T Run<T>(
        IDataView input, Func<(int Number, int Seed, string? Directory)> begin, TrainingDataShelf shelf, Func<FitRun, T> train)
    {
        using var channel = _host.Start("Training");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_options.CancellationToken);
        using var hostCancellation = new HostCancellation(_host, cancellation);
        var messages = new FitMessages(channel, _plan.Replicas is { Rank: > 0 } ? null : _options.MessageCallback);
        var network = _options.IsSized
            ? _options.SizedNetwork
            : DefaultImageSize.Choose(_options.Network, input, _options.ImageColumnName, messages.Say);
        var classes = LabelSource.Find(input.Schema, _options.LabelColumnName, _options.Labels).ReadClasses(input, messages.Warn);
        Rejection.Check(_options.Rejection, classes);
        var device = TrainingDevice.Choose(_plan.Device, _environment, messages.Warn);
        var (fit, drawn, checkpoints) = begin();
        // Without a seed each process has drawn another.
        var seed = new ReplicaAgreement(_plan.Replicas).OfFirst(drawn);
        if (fit > 1)
            messages.Say($"This is Fit {fit} of the trainer; its checkpoints are in '{checkpoints}'.");
        var watcher = new HostCallback(channel, messages, _options.MetricsCallback, hostCancellation);
        var plan = _plan with
        {
            Seed = seed,
            Device = device,
            CheckpointDirectory = checkpoints,
            Callbacks = [watcher, .. _plan.Callbacks],
        };
        return train(new(plan, network, classes, Read, messages, cancellation.Token));

        TrainingData Read()
        {
            messages.BeginDecoding(_options.ImageColumnName, network.InputShape);
            var settings = _options.ToDataSettings(network.InputShape, _scores);
            var data = shelf.Read(input, settings, classes.Names, seed, channel, cancellation.Token);
            RequireRowsToCalibrate(data.Validation is not null);
            if (_options.OptimizerAdvice is { } advice)
                messages.Warn(advice);
            messages.BeginPreparing(data.Training.Count + (data.Validation?.Count ?? 0), _plan.Teacher is not null);
            return data;
        }
    }

    private TorchImageClassificationModel Train(FitRun run)
    {
        var (plan, _, classes, _, messages, token) = run;
        var trainer = new Trainer(plan) { Scores = ScoreUse };
        using var student = CreateStudent(trainer, run);
        var settings = _settings;
        var data = run.ReadData();
        NumberedNetwork.Check(student, settings, data);
        var result = trainer.Run(student, data.Training, data.Validation, token);
        // A model that is kept although the run was cancelled is calibrated as any other.
        var untilTheEnd = _options.OnCancellation == CancellationOutcome.KeepBest ? CancellationToken.None : token;
        var numbered = NumberedNetwork.Make(student, result.Calibration, settings, data, untilTheEnd);
        if (numbered.Report is { } report)
        {
            messages.Say($"{report.Weights}: {report}.");
            RequireSmallDrop(report, plan.CheckpointDirectory, () => ToModel(NumberedNetwork.Float32));
        }

        return ToModel(numbered);

        TorchImageClassificationModel ToModel(NumberedNetwork network)
        {
            var scores = NetworkScores.Of(student, network, settings, data, untilTheEnd);
            if (scores.Warning is { } warning)
                messages.Warn(warning);
            var provenance = RunProvenance.Of(plan, data, classes, result, scores) with { Quantization = network.Report };
            if (settings.Backend == ScoringBackend.Torch)
                return NetworkExport.ToTorchModel(
                    student, classes, provenance, scores.Temperature, settings.Rejection, scores.Labels?.Thresholds);
            var form = new OnnxForm
            {
                Temperature = scores.Temperature,
                Thresholds = scores.Labels?.Thresholds,
                Numbers = network.Numbers,
                WithEmbedding = _columns.Embedding is not null,
            };
            return NetworkExport.ToModel(student, classes, provenance, form, settings.Rejection);
        }
    }
}
