using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace TfKd.MLNet;

/// <summary>Trains a TorchSharp image classifier with any distillation or regularisation objective, inside an ML.NET pipeline.</summary>
/// <remarks>
/// Fit reads each row once and decodes its image to a cache in memory, and in a file beyond <see cref="Options.ImageMemoryBudget"/>. The transformer it returns holds no Torch: it predicts with ONNX Runtime, and is
/// saved and loaded as any other.
/// </remarks>
public sealed partial class TorchImageClassificationTrainer : ITrainerEstimator<TorchImageClassificationTransformer, TorchImageClassificationModel>
{
    private const string CalibratedSplit = "Validation, calibrated on it";

    private readonly IHost _host;
    private readonly Options _options;
    private readonly TeacherSource? _teacher;
    private readonly ScoreColumnTeacher? _scores;
    private readonly InitialWeights? _initialWeights;

    /// <exception cref="ArgumentException">Two teachers are named, or a teacher of more than one score column; or two kinds of initial weights, or none where stages are frozen.</exception>
    internal TorchImageClassificationTrainer(IHostEnvironment environment, Options options)
    {
        (_host, _options, _teacher) = (environment.Register(nameof(TorchImageClassificationTrainer)), options, options.EffectiveTeacher);
        (_scores, _initialWeights) = (TeacherScoreColumn.Of(_teacher), options.InitialWeights);
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
        return TorchImageClassificationSchema.Append(inputSchema, _options.LabelColumnName, Columns);
    }

    /// <summary>Trains on the rows.</summary>
    /// <exception cref="ArgumentException">The label, image, weight or teacher score column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidDataException">A row's teacher scores are no probabilities, or no numbers; or a teacher's file is damaged, or the initial weights are, or do not fit the network.</exception>
    /// <exception cref="IOException">The decoded images are more than <see cref="Options.ImageMemoryBudget"/>, and the file for the others cannot be made or written.</exception>
    /// <exception cref="ImageDecodingException">An image cannot be decoded, and <see cref="Options.UndecodableImages"/> is Throw.</exception>
    /// <exception cref="InvalidOperationException">Objective, teacher, initial weights, network and rows do not fit together, or a weight is negative or not finite.</exception>
    /// <exception cref="NotSupportedException">An operation of the network has no ONNX form; the message names the module by its path.</exception>
    /// <exception cref="TrainingDivergedException">The objective, a gradient or a weight became NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled, before its first step or where <see cref="Options.OnCancellation"/> is to throw.</exception>
    /// <exception cref="IOException">Checkpoints cannot be written: the folder is tried before the first batch; or the disk became full, and the last checkpoint is whole.</exception>
    public TorchImageClassificationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var channel = _host.Start("Training");
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_options.CancellationToken);
        using var hostCancellation = new HostCancellation(_host, cancellation);
        var network = _options.SizedNetwork;
        var classes = ClassKeys.FromLabel(LabelColumn.Find(input.Schema, _options.LabelColumnName));
        classes.Check(_options.Rejection);
        var seed = _host.Rand.Next();
        using var rows = ReadRows(input, network.InputShape, classes.Names, channel, cancellation.Token);
        using var validationRows = ReadValidationRows(network.InputShape, rows.BytesInMemory, channel, cancellation.Token);
        if (rows.BytesInFile + (validationRows?.BytesInFile ?? 0) is > 0 and var bytesInFile)
            channel.Info(MessageSensitivity.None, "{0} bytes of decoded images are beyond the memory budget of {1}, and are read from a file.", bytesInFile, _options.ImageMemoryBudget);
        var (training, validation) = validationRows is null ? Split(rows, seed, channel) : (rows, validationRows);
        channel.Info(MessageSensitivity.None, "Training on {0} images of {1} classes, validating on {2}.", training.Count, classes.Names.Count, validation?.Count ?? 0);

        if (_options.CalibrateScores && validation is null)
            throw new InvalidOperationException("CalibrateScores needs validation rows, but there are none; set ValidationSet or ValidationSetFraction, or CalibrateScores to false.");
        var plan = Plan(seed, new HostCallback(channel, _options.MetricsCallback, hostCancellation));
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(network, classes.Names);
        // A network that cannot be exported is refused now, not after hours.
        TorchImageClassificationModel.Export(student, classes, training: null, OnnxInputType.Bytes);
        var result = trainer.Run(student, training, validation, cancellation.Token);
        // A model that is kept although the run was cancelled is calibrated as any other.
        var untilTheEnd = _options.OnCancellation == CancellationOutcome.KeepBest ? CancellationToken.None : cancellation.Token;
        var calibration = _options.CalibrateScores ? TemperatureCalibration.Fit(student, validation!, _options.BatchSize, untilTheEnd) : null;
        var provenance = new TrainingProvenance
        {
            Plan = plan.Describe(),
            Seed = seed,
            Metrics = Metrics(result.Best, calibration),
            Rows = CountRows(classes, training, validation),
            TeacherReport = result.TeacherReport,
        };
        return new TorchImageClassificationTransformer(
            TorchImageClassificationModel.FromNetwork(student, classes, provenance, calibration?.Temperature ?? 1, _options.Rejection), Columns);
    }

    private TransformerColumns Columns => new(_options.ImageColumnName, _options.ScoreColumnName, _options.PredictedLabelColumnName);

    private DecodedCache ReadRows(IDataView input, ImageShape shape, IReadOnlyList<string> classNames, IChannel channel, CancellationToken token)
    {
        var scores = _scores is null ? null : TeacherScoreColumn.Find(input.Schema, _scores);
        var rows = TrainingRows.Read(input, _options, shape, classNames, channel, token, scores);
        try
        {
            RequireRows(rows);
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    private DecodedCache? ReadValidationRows(ImageShape shape, long bytesInMemory, IChannel channel, CancellationToken token)
    {
        if (_options.ValidationSet is not { } validationSet)
            return null;
        var names = ClassKeys.FromLabel(LabelColumn.Find(validationSet.Schema, _options.LabelColumnName)).Names;
        var options = _options with { ExampleWeightColumnName = null, ImageMemoryBudget = _options.ImageMemoryBudget - bytesInMemory };
        return TrainingRows.Read(validationSet, options, shape, names, channel, token);
    }

    private (IImageSource Training, IImageSource? Validation) Split(DecodedCache rows, long seed, IChannel channel)
    {
        if (_options.ValidationSetFraction is not > 0)
            return (rows, null);
        var (kept, heldOut) = StratifiedSplit.Cut(rows, _options.ValidationSetFraction.Value, seed);
        if (heldOut.Count > 0)
            return (kept, heldOut);
        channel.Warning(MessageSensitivity.None, "{0} rows are too few to hold out a fraction of {1} for validation; the last weights are kept.", rows.Count, _options.ValidationSetFraction);
        return (rows, null);
    }

    private void RequireRows(DecodedCache rows)
    {
        if (rows.Count == 0)
            throw new InvalidOperationException("There are no rows to train on: the data are empty, or no row has a label and an image that can be decoded.");
        var present = Enumerable.Range(0, rows.Count).Select(rows.GetLabel).Distinct().ToList();
        if (present.Count == 1)
            throw new InvalidOperationException($"All {rows.Count} rows have the label '{rows.ClassNames[present[0]]}' in column '{_options.LabelColumnName}'; a classifier needs rows of at least 2 classes.");
    }

    private TrainingPlan Plan(long seed, TrainingCallback hostCallback) => new()
    {
        Objective = _options.Objective,
        Teacher = _teacher,
        ClassWeighting = _options.ClassWeighting,
        TeacherCache = _options.TeacherCache,
        Augmentations = _options.Augmentations,
        Mixing = _options.Mixing,
        Views = _options.Views,
        BatchSize = _options.BatchSize,
        MaxEpochs = _options.MaxEpochs,
        Optimizer = _options.Optimizer,
        MaxGradientNorm = _options.MaxGradientNorm,
        Schedule = _options.Schedule,
        InitialWeights = _initialWeights,
        FrozenStages = _options.FrozenStages,
        BackboneLearningRateFactor = _options.BackboneLearningRateFactor,
        Normalization = _options.Normalization,
        RestoreBestWeights = _options.RestoreBestWeights,
        BestEpochMetric = _options.BestEpochMetric,
        CheckpointDirectory = _options.CheckpointDirectory,
        CheckpointInterval = _options.CheckpointInterval,
        OnCancellation = _options.OnCancellation,
        Device = _options.Device,
        Precision = _options.Precision,
        Seed = seed,
        Callbacks = [hostCallback, .. _options.EarlyStopping is { } stopping ? [stopping] : Array.Empty<TrainingCallback>(), .. _options.Callbacks],
    };

    private static List<ClassRows> CountRows(ClassKeys classes, IImageSource training, IImageSource? validation)
    {
        var (learnt, chosen) = (Counts(training), validation is null ? new int[classes.Names.Count] : Counts(validation));
        return [.. classes.Names.Select((name, index) => new ClassRows(name, learnt[index], chosen[index]))];

        int[] Counts(IImageSource source)
        {
            var counts = new int[classes.Names.Count];
            for (var row = 0; row < source.Count; row++)
                counts[source.GetLabel(row)]++;
            return counts;
        }
    }

    private static List<ModelMetric> Metrics(EpochMetrics best, TemperatureCalibration? calibration)
    {
        var metrics = new List<ModelMetric> { new("Accuracy", "Training", best.TrainingAccuracy), new("Loss", "Training", best.TrainingLoss) };
        if (best.Validation is { } validation)
        {
            metrics.Add(new("Top1", "Validation", validation.Top1));
            metrics.Add(new("Top5", "Validation", validation.Top5));
            metrics.Add(new("NegativeLogLikelihood", "Validation", validation.NegativeLogLikelihood));
            metrics.Add(new("ExpectedCalibrationError", "Validation", validation.ExpectedCalibrationError));
        }

        if (calibration is not null)
        {
            metrics.Add(new("NegativeLogLikelihood", CalibratedSplit, calibration.After.NegativeLogLikelihood));
            metrics.Add(new("ExpectedCalibrationError", CalibratedSplit, calibration.After.ExpectedCalibrationError));
        }

        return metrics;
    }
}
