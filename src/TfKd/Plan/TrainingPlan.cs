using static TorchSharp.torch;

namespace TfKd;

/// <summary>Everything that determines a run but the network and the data: a plain value.</summary>
/// <example><code>
/// var plan = new TrainingPlan
/// {
///     Objective = new LabelSmoothing(),
///     Augmentations = [new RandomCrop(), new HorizontalFlip()],
///     MaxEpochs = 200,
///     Seed = 1,
/// };
/// </code></example>
public sealed partial record TrainingPlan
{
    /// <summary>What is minimised. Default: <see cref="CrossEntropy"/>.</summary>
    public Objective Objective { get; init => field = Require.NotNull(value); } = new CrossEntropy();

    /// <summary>Where target distributions come from. Default: none.</summary>
    public TeacherSource? Teacher { get; init; }

    /// <summary>
    /// How much the rows of each class count; where rows may have several labels, those that have a label beside those that have not.
    /// Default null: as much as those of any other.
    /// </summary>
    public ClassWeighting? ClassWeighting { get; init; }

    /// <summary>
    /// How the answers of a fixed teacher are kept, so that it runs once for each view of a row. Default null: in memory, where a view
    /// comes more than once (without augmentations, or with fewer <see cref="Views"/> than epochs), the answers take no more than 512 MiB
    /// and there is no <see cref="Mixing"/>; otherwise the teacher is asked for each batch. This property is ignored without a teacher; a
    /// teacher without a <see cref="Teacher.Fingerprint"/>, and <see cref="Mixing"/>, are refused where it is set, unless to
    /// <see cref="TeacherCache.Off"/>.
    /// </summary>
    public TeacherCache? TeacherCache { get; init; }

    /// <summary>Changes of the images, in order. Default: none.</summary>
    public IReadOnlyList<Augmentation> Augmentations { get; init => field = Require.NotNull(value); } = [];

    /// <summary>
    /// Number of augmented views of each row, V: epoch e trains on view e modulo V, so a teacher's answers come back after V epochs.
    /// Default null: each epoch has new views. This property is ignored without augmentations: all views are then the same.
    /// </summary>
    public int? Views { get; init => field = value is { } count ? Require.Positive(count) : null; }

    /// <summary>
    /// Mixes the augmented rows of each batch with one another. Default null: they are not mixed. Refused with objectives that need one
    /// class a row, and with teachers that look answers up by row; the answers of a teacher are not kept.
    /// </summary>
    public Mixing? Mixing { get; init; }

    /// <summary>
    /// Rows a batch, and a step unless <see cref="AccumulateSteps"/> adds batches up. Default 128, as in Yuan et al., CVPR 2020.
    /// </summary>
    public int BatchSize { get; init => field = Require.Positive(value); } = 128;

    /// <summary>
    /// Batches whose gradients are added up before the weights change by one step, above 0; default 1. <see cref="BatchSize"/> x
    /// AccumulateSteps samples a step, with the memory that the activations of one batch take; the last step of an epoch has what is left.
    /// </summary>
    /// <remarks>
    /// Each batch counts with its share of the step's samples, so that the gradient is that of the mean over all samples of the step, row
    /// weights included, as in one batch of them all. Learning rate, schedule, clipping, the seed of dropout, teachers that follow the
    /// student, progress and checkpoints count steps. Batch norms and <see cref="Mixing"/> still see one batch, and so do the objectives
    /// that relate its rows to one another, which are then not those of one large batch: <see cref="Dist"/>, <see cref="RelationalKd"/>,
    /// <see cref="SimilarityPreserving"/>, <see cref="ProbabilisticKnowledgeTransfer"/>, <see cref="CorrelationCongruence"/>,
    /// <see cref="MultiLevelKd"/>, <see cref="TargetFreeSelfKd"/>. <see cref="OnlineLabelSmoothing"/> gathers its labels batch by batch.
    /// </remarks>
    public int AccumulateSteps { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Passes over the training rows. Default 200, as in Yuan et al., CVPR 2020.</summary>
    public int MaxEpochs { get; init => field = Require.Positive(value); } = 200;

    /// <summary>How the weights are changed. Default: <see cref="Sgd"/>.</summary>
    public OptimizerSettings Optimizer { get; init => field = Require.NotNull(value); } = new Sgd();

    /// <summary>
    /// The learning rate over the run: of each step at its end, or, where that is 0, in its middle. Default: cosine after one epoch of
    /// warm-up.
    /// </summary>
    public LearningRateSchedule Schedule { get; init => field = Require.NotNull(value); } = new WarmUpSchedule();

    /// <summary>What the network starts from. Default null: random weights.</summary>
    public InitialWeights? InitialWeights { get; init; }

    /// <summary>
    /// Fits the head in the first epoch, on the features of the network as it starts. Default null: the head learns with the rest.
    /// </summary>
    public LinearProbe? LinearProbe { get; init; }

    /// <summary>
    /// How many of the network's first stages (<see cref="NetworkArchitecture.GetStages"/>) keep their weights, with all layers before
    /// them; batch norms and dropout in them run as in evaluation. Default 0. With all stages frozen, no augmentation or mixing, and a body
    /// that is an <see cref="IFeatureBody"/>, their outputs are computed once and kept, where they take no more than 1 GiB.
    /// </summary>
    public int FrozenStages { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// Whether batch norms normalise by the running statistics that they start with, which then do not change, in all layers; scale and
    /// shift learn where their layer does. Default false. For pretrained weights and few samples, whose batches say less of the statistics
    /// than the weights' own do.
    /// </summary>
    public bool FreezeBatchNormStatistics { get; init; }

    /// <summary>The learning rate of all but the head, as a multiple of the head's, above 0. Default 1.</summary>
    public double BackboneLearningRateFactor { get; init => field = Require.Positive(value); } = 1;

    /// <summary>
    /// Statistics of the input normalisation. Default null: those of <see cref="InitialWeights"/>; where these do not know them, computed
    /// from the training rows.
    /// </summary>
    public ChannelStatistics? Normalization { get; init; }

    /// <summary>
    /// Ends with the weights of the epoch that was best on the validation rows by <see cref="BestEpochMetric"/> (of equals the one with the
    /// lower negative log-likelihood), not those of the last. Default true. This property is ignored when there is no validation set.
    /// </summary>
    public bool RestoreBestWeights { get; init; } = true;

    /// <summary>
    /// By what the best epoch is chosen. Default null: by what the first of the <see cref="Callbacks"/> that watches a metric watches, as
    /// <see cref="EarlyStopping"/> does; without one by accuracy. This property is ignored without <see cref="RestoreBestWeights"/>.
    /// </summary>
    public ValidationMetric? BestEpochMetric { get; init => field = value is { } metric ? Require.Defined(metric) : null; }

    /// <summary>
    /// Highest L2 norm of a step's gradient, over all that learns (a <see cref="PeerTeacher"/>'s second student by itself), above 0: a
    /// longer one is scaled down to it. Default null: gradients stay as they are.
    /// </summary>
    /// <remarks>Pascanu, Mikolov and Bengio, 'On the difficulty of training recurrent neural networks', ICML 2013, algorithm 1.</remarks>
    public double? MaxGradientNorm { get; init => field = value is { } norm ? Require.Positive(norm) : null; }

    /// <summary>
    /// Validates and ends with a moving average of the weights. Default null: with the weights as they are. Callbacks, and teachers that
    /// follow the student, see the weights as they are.
    /// </summary>
    public WeightAverage? WeightAverage { get; init; }

    /// <summary>
    /// Trains and validates the network as <see cref="OnnxWeights.Int8"/> will compute it, from weights that were trained in float32 as a
    /// rule, with any objective and teacher; its weights stay float32. Default null: in floating point. Teachers that are trained first are
    /// not trained so. Frozen stages run with the rest. Refused with <see cref="Precision"/> other than float32.
    /// </summary>
    public FakeQuantization? FakeQuantization { get; init; }

    /// <summary>
    /// In which orientations validation, and the trained network's <see cref="ImageNetwork.Predict"/> and exported files, look at an image.
    /// Default <see cref="TestTimeAugmentation.None"/>: as it is. Training itself does not depend on it.
    /// </summary>
    public TestTimeAugmentation TestTimeAugmentation { get; init => field = Require.Defined(value); }

    /// <summary>The seed of everything random: initial weights, order, augmentation, dropout. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// Folder of the run's checkpoint, written as often as <see cref="CheckpointInterval"/> says; a run that finds one continues from it.
    /// Default null: none is written. The checkpoint has a checksum, and the one before it is kept and used where it is damaged; one run at
    /// a time may use a folder. More <see cref="MaxEpochs"/> go on from where fewer ended, unless the <see cref="Schedule"/> or the
    /// <see cref="Objective"/> depends on their number (as a cosine does), or a teacher is trained for as many. A plan with a
    /// member that cannot be told from others (a delegate, a tensor) is refused where this is set; see <see cref="NotIdentityAttribute"/>.
    /// </summary>
    [NotIdentity]
    public string? CheckpointDirectory { get; init; }

    /// <summary>
    /// How often the checkpoint is written. Default: after each epoch. This property is ignored without <see cref="CheckpointDirectory"/>.
    /// </summary>
    [NotIdentity]
    public CheckpointInterval CheckpointInterval { get; init => field = Require.NotNull(value); } = new();

    /// <summary>What a run that is cancelled ends with. Default: an exception.</summary>
    [NotIdentity]
    public CancellationOutcome OnCancellation { get; init => field = Require.Defined(value); } = CancellationOutcome.Throw;

    /// <summary>Where the network is trained. Default null: the CPU.</summary>
    [NotIdentity]
    public Device? Device { get; init; }

    /// <summary>
    /// In which numbers the network is trained. Default <see cref="Precision.Float32"/>. On a CPU, where convolutions in the precision that
    /// is asked for come out wrong, the run takes float32 and warns. Validation during the run is in the same precision; the weights are
    /// float32 always.
    /// </summary>
    public Precision Precision { get; init => field = Require.Defined(value); } = Precision.Float32;

    /// <summary>
    /// The processes that train the network together, of which this is one: <see cref="BatchSize"/> rows a batch are those of all of them.
    /// Default null: this process trains it alone.
    /// </summary>
    /// <remarks>
    /// The batches, the views of their rows and the learning rates are those of one process, so that the result is that of one but for the
    /// order of sums, and for what looks at the rows of one process: batch norms, whose running statistics are averaged after each epoch,
    /// <see cref="Mixing"/>, and dropout. Objectives that need <see cref="ObjectiveNeeds.WholeBatch"/>, and <see cref="LinearProbe"/>, are
    /// refused. Callbacks, and the folder of checkpoints, are those of the process of rank 0; a run may go on from a checkpoint with
    /// another number of processes.
    /// </remarks>
    [NotIdentity]
    public Replicas? Replicas { get; init; }

    /// <summary>Watchers of the run. Default: none.</summary>
    [NotIdentity]
    public IReadOnlyList<TrainingCallback> Callbacks { get; init => field = Require.NotNull(value); } = [];

    /// <summary>After how many steps their numbers are read. Default null: at each on the CPU, every few on other devices.</summary>
    [NotIdentity]
    internal int? StepsARead { get; init; }

    [NotIdentity]
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    internal ValidationMetric RankingMetric =>
        BestEpochMetric
        ?? Callbacks.Select(callback => callback.WatchedMetric).FirstOrDefault(metric => metric is not null)
        ?? ValidationMetric.Accuracy;

    /// <summary>
    /// The learning rate of a step: the schedule's at the step's end, so that the first step of a warm-up moves, too. Where that is 0, as
    /// at the end of a cosine, that of the step's middle: no step is taken in vain, and a run of one step learns.
    /// </summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step in it, from 0.</param>
    /// <param name="stepsAnEpoch">Steps of a whole epoch.</param>
    /// <param name="history">What a <see cref="PlateauSchedule"/> goes by. Default null: it has seen nothing.</param>
    internal double RateOf(int epoch, int step, int stepsAnEpoch, IReadOnlyList<EpochMetrics>? history = null)
    {
        var atEnd = Factor(step + 1.0);
        var rate = Optimizer.LearningRate * (atEnd != 0 ? atEnd : Factor(step + 0.5));
        return Schedule is PlateauSchedule plateau && history is not null ? rate * plateau.FactorAfter(history) : rate;

        double Factor(double steps) => Schedule.Factor(epoch + steps / stepsAnEpoch, MaxEpochs);
    }

    internal int ViewCount => Augmentations.Count == 0 ? 1 : Math.Min(Views ?? MaxEpochs, MaxEpochs);

    internal int ViewOf(int epoch) => epoch % ViewCount;

    /// <summary>The plan with only what determines the weights: what is ignored is at its default.</summary>
    internal TrainingPlan Essence => this with
    {
        TeacherCache = Teacher is not null && TeacherCache is { ChangesNumbers: true } ? TeacherCache : null,
        BestEpochMetric = RestoreBestWeights && RankingMetric != ValidationMetric.Accuracy ? RankingMetric : null,
    };
}
