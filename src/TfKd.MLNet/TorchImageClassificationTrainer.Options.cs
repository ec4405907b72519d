namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    /// <summary>All that can be set; the defaults suit a few hundred to a few ten thousand photos on a CPU.</summary>
    /// <example><code>
    /// var options = new TorchImageClassificationTrainer.Options { Objective = new LabelSmoothing(), MaxEpochs = 60 };
    /// var shorter = options with { MaxEpochs = 20 };
    /// </code></example>
    public sealed partial record Options
    {
        private readonly NetworkArchitecture? _network;
        private readonly TorchImageClassificationModel? _initialModel;
        private readonly Objective? _objective;

        /// <summary>
        /// What is trained. Default: the network of <see cref="InitialModel"/> or <see cref="InitialWeights"/>; without one
        /// <see cref="SmallCnn"/>, for 32x32 pixels, or for 64x64 where most images are that large and no size is set.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Network = new MobileNetV2(),
        ///     ImageWidth = 96,
        ///     ImageHeight = 96,
        /// };
        /// </code></example>
        public NetworkArchitecture Network
        {
            get => _network ?? _initialModel?.Architecture ?? InitialWeights?.GetArchitecture() ?? new SmallCnn();
            init => _network = Require.NotNull(value);
        }

        /// <summary>
        /// What is minimised. Default: cross entropy; with <see cref="Labels"/> a <see cref="BinaryCrossEntropy"/>.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Objective = new CrossEntropy() + 0.1 * new ConfidencePenalty(),
        /// };
        /// </code></example>
        public Objective Objective
        {
            get => _objective ?? (Labels is null ? new CrossEntropy() : new BinaryCrossEntropy());
            init => _objective = Require.NotNull(value);
        }

        /// <summary>Where the target distributions of an objective that needs a teacher come from. Default: none.</summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
        ///     Teacher = new ModelFileTeacher("teacher.zip"),
        /// };
        /// </code></example>
        public TeacherSource? Teacher { get; init; }

        /// <summary>
        /// How much the rows of each class count, where some classes have many more rows than others:
        /// <see cref="InverseFrequencyWeighting"/> or <see cref="EffectiveNumberWeighting"/>. With <see cref="Labels"/>, how much the
        /// rows that have a label count beside those that have not. Default null: as much as those of any other class.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { ClassWeighting = new EffectiveNumberWeighting() };
        /// </code></example>
        public ClassWeighting? ClassWeighting { get; init; }

        /// <summary>
        /// How the answers of a fixed teacher are kept, so that it runs once for each view of a row: see <see cref="TfKd.TeacherCache"/>.
        /// Default null: in memory, where a view comes more than once and the answers take no more than 512 MiB. A folder serves later Fits
        /// with the same rows, augmentations and seed: give the MLContext a seed, which decides on the rows held out for validation and on
        /// the views. This property is ignored without a teacher.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     TeacherCache = new TeacherCache { Directory = "answers" },
        ///     Views = 4,
        /// };
        /// </code></example>
        public TeacherCache? TeacherCache { get; init; }

        /// <summary>
        /// The scores of another model of the pipeline, as the teacher: short for <c>Teacher = new ScoreColumnTeacher(name)</c>. A vector
        /// of floats with probabilities and with the class names as slot names. Default null: none.
        /// </summary>
        public string? TeacherScoreColumnName { get; init => field = value is null ? null : Require.Name(value); }

        /// <summary>
        /// Random changes of the training images. Default: a random shift by up to 4 pixels. Add <see cref="HorizontalFlip"/> where a
        /// mirrored image means the same (not for digits or arrows), <see cref="Rotation"/> where a turned one does.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Augmentations = [new RandomResizedCrop(), new HorizontalFlip()],
        /// };
        /// </code></example>
        public IReadOnlyList<Augmentation> Augmentations { get; init => field = Require.NotNull(value); } = [new RandomCrop()];

        /// <summary>
        /// Number of different <see cref="Augmentations"/> of each image, V: epoch e trains on view e modulo V, so that a teacher runs V
        /// times an image and not once an epoch. Default null: each epoch has new views. This property is ignored without augmentations.
        /// </summary>
        public int? Views { get; init => field = value is { } count ? Require.Positive(count) : null; }

        /// <summary>
        /// Mixes the images of each batch with one another: <see cref="Mixup"/>, <see cref="CutMix"/>, or a <see cref="RandomMixing"/> of
        /// them. Default null: none. Not with objectives that need one class an image, nor with scores of another model as the teacher. The
        /// accuracy in training is then that of the mixtures' most probable classes.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { Mixing = new RandomMixing(new Mixup(), new CutMix()) };
        /// </code></example>
        public Mixing? Mixing { get; init; }

        /// <summary>Images a batch, and a step unless <see cref="AccumulateSteps"/> adds batches up. Default 32.</summary>
        public int BatchSize { get; init => field = Require.Positive(value); } = 32;

        /// <summary>
        /// Batches whose gradients are added up before the weights change by one step, above 0: <see cref="BatchSize"/> x AccumulateSteps
        /// images a step, in the memory of one batch. Default 1. See <see cref="TrainingPlan.AccumulateSteps"/>.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { BatchSize = 32, AccumulateSteps = 4 };
        /// </code></example>
        public int AccumulateSteps { get; init => field = Require.Positive(value); } = 1;

        /// <summary>Passes over the training images. Default 30.</summary>
        public int MaxEpochs { get; init => field = Require.Positive(value); } = 30;

        /// <summary>
        /// How the weights are changed. Default: SGD at learning rate 0.05 with Nesterov momentum 0.9 and weight decay 5e-4.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { Optimizer = new TfKd.AdamW { LearningRate = 0.001 } };
        /// </code></example>
        public OptimizerSettings Optimizer { get; init => field = Require.NotNull(value); } = new Sgd
        {
            LearningRate = 0.05,
            Nesterov = true,
        };

        /// <summary>
        /// Highest L2 norm of a step's gradient, above 0: a longer one is scaled down to it. Default null: gradients stay as they are.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { MaxGradientNorm = 1 };
        /// </code></example>
        public double? MaxGradientNorm { get; init => field = value is { } norm ? Require.Positive(norm) : null; }

        /// <summary>
        /// Validates and ends with a moving average of the weights. Default null: with the weights as they are.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { WeightAverage = new WeightAverage { Decay = 0.999 } };
        /// </code></example>
        public WeightAverage? WeightAverage { get; init; }

        /// <summary>The learning rate over the run. Default: cosine after one epoch of warm-up.</summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { Schedule = new OneCycleSchedule() };
        /// </code></example>
        public LearningRateSchedule Schedule { get; init => field = Require.NotNull(value); } = new WarmUpSchedule();

        /// <summary>
        /// Whether the scores are calibrated on the validation rows by temperature scaling (<see cref="TemperatureCalibration"/>), which
        /// changes no prediction: a score of 0.8 is then right about eight times in ten. With <see cref="Labels"/> it is done before the
        /// sigmoids (<see cref="MultiLabelCalibration"/>), and thresholds are chosen on the calibrated scores. Needs validation rows, some
        /// hundred of them. Default false.
        /// </summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options { CalibrateScores = true, ValidationSetFraction = 0.2f };
        /// </code></example>
        public bool CalibrateScores { get; init; }

        /// <summary>When no label is predicted. Default null: one always is. Refused with <see cref="Labels"/>.</summary>
        /// <example><code>
        /// var options = new TorchImageClassificationTrainer.Options
        /// {
        ///     Rejection = new Rejection { Threshold = 0.6, Label = "unknown" },
        /// };
        /// </code></example>
        public Rejection? Rejection { get; init; }
    }
}
