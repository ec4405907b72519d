using Microsoft.ML;
using TorchSharp;

namespace TfKd.MLNet;

public sealed partial class TorchImageClassificationTrainer
{
    /// <summary>All that can be set; the defaults suit a few hundred to a few ten thousand photos on a CPU.</summary>
    public sealed partial record Options
    {
        private readonly NetworkArchitecture? _network;
        private readonly TorchImageClassificationModel? _initialModel;

        /// <summary>
        /// What is trained. Default: the network of <see cref="InitialModel"/> or <see cref="InitialWeights"/>; without one
        /// <see cref="SmallCnn"/>, for 32x32 pixels, or for 64x64 where most images are that large and no size is set.
        /// </summary>
        public NetworkArchitecture Network
        {
            get => _network ?? _initialModel?.Architecture ?? InitialWeights?.GetArchitecture() ?? new SmallCnn();
            init => _network = Require.NotNull(value);
        }

        /// <summary>
        /// Weights to start from that another package brings, such as <see cref="Pretrained.ResNet18"/>, or of your own kind. Default null:
        /// see <see cref="WeightsPath"/>.
        /// </summary>
        public InitialWeights? InitialWeights { get; init; }

        /// <summary>
        /// File of published weights to start from (.safetensors, PyTorch's .pth, or .onnx): all of the network but its head, which begins
        /// anew for the classes of the label column. Set <see cref="Normalization"/> to the input statistics that the weights were trained
        /// with. Default null: random weights.
        /// </summary>
        public string? WeightsPath { get; init => field = value is null ? null : Require.Name(value); }

        /// <summary>
        /// Which dictionary of tensors to take of a <see cref="WeightsPath"/> that has several, such as <c>model_ema</c> of a training
        /// script's checkpoint, with <c>/</c> between names; see <see cref="WeightFile.Read(string, string?)"/>. Default null: the only
        /// one.
        /// </summary>
        public string? WeightsDictionary { get; init; }

        /// <summary>
        /// A trained model to go on from: a <see cref="TorchImageClassificationTransformer"/>, or a chain with exactly one, as Fit and
        /// Model.Load return them. Its network, its weights and its normalisation are taken; its classes must be among those of the label
        /// column and keep their part of the head, new ones begin anew. Default null: none.
        /// </summary>
        public ITransformer? InitialModel
        {
            get;
            init => (field, _initialModel) = (value, value is null ? null : ModelsInChain.Single(value, nameof(InitialModel)));
        }

        /// <summary>
        /// Fits the head in the first epoch, by logistic regression on the features of the network as it starts: see
        /// <see cref="TfKd.LinearProbe"/>. Default null: the head learns with the rest.
        /// </summary>
        public LinearProbe? LinearProbe { get; init; }

        /// <summary>
        /// How many of the network's first stages keep the weights that they start with, batch norms included: from 0 (the default) to as
        /// many as <c>Network.GetStages()</c> has, for all but the head. With all of them frozen, no <see cref="Augmentations"/> and no
        /// <see cref="Mixing"/>, the frozen part runs once over each image and not once an epoch.
        /// </summary>
        public int FrozenStages { get; init => field = Require.NotNegative(value); }

        /// <summary>
        /// Whether batch norms keep the running statistics that they start with, and normalise by them in training, too. Default false; for
        /// initial weights and a few hundred photos at most, whose batches say little of the statistics.
        /// </summary>
        public bool FreezeBatchNormStatistics { get; init; }

        /// <summary>
        /// The learning rate of all but the head, as a multiple of <see cref="Optimizer"/>'s. Default 1; 0.1 is usual for weights that are
        /// good already.
        /// </summary>
        public double BackboneLearningRateFactor { get; init => field = Require.Positive(value); } = 1;

        /// <summary>
        /// Mean and standard deviation of each channel, of pixels scaled to 0 to 1, that the network's input is normalised with. Default
        /// null: those of the initial weights where they say (files of this library do, and models), otherwise computed from the training
        /// rows. Published weights for ImageNet usually want <see cref="ChannelStatistics.ImageNet"/>.
        /// </summary>
        public ChannelStatistics? Normalization { get; init; }

        /// <summary>What is minimised. Default: cross entropy.</summary>
        public Objective Objective { get; init => field = Require.NotNull(value); } = new CrossEntropy();

        /// <summary>Where the target distributions of an objective that needs a teacher come from. Default: none.</summary>
        public TeacherSource? Teacher { get; init; }

        /// <summary>
        /// How much the rows of each class count, where some classes have many more rows than others:
        /// <see cref="InverseFrequencyWeighting"/> or <see cref="EffectiveNumberWeighting"/>. Default null: as much as those of any other
        /// class.
        /// </summary>
        public ClassWeighting? ClassWeighting { get; init; }

        /// <summary>
        /// How the answers of a fixed teacher are kept, so that it runs once for each view of a row: see <see cref="TfKd.TeacherCache"/>.
        /// Default null: in memory, where a view comes more than once and the answers take no more than 512 MiB. A folder serves later Fits
        /// with the same rows, augmentations and seed: give the MLContext a seed, which decides on the rows held out for validation and on
        /// the views. This property is ignored without a teacher.
        /// </summary>
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
        public Mixing? Mixing { get; init; }

        /// <summary>Images a batch, and a step unless <see cref="AccumulateSteps"/> adds batches up. Default 32.</summary>
        public int BatchSize { get; init => field = Require.Positive(value); } = 32;

        /// <summary>
        /// Batches whose gradients are added up before the weights change by one step, above 0: <see cref="BatchSize"/> x AccumulateSteps
        /// images a step, in the memory of one batch. Default 1. See <see cref="TrainingPlan.AccumulateSteps"/>.
        /// </summary>
        public int AccumulateSteps { get; init => field = Require.Positive(value); } = 1;

        /// <summary>Passes over the training images. Default 30.</summary>
        public int MaxEpochs { get; init => field = Require.Positive(value); } = 30;

        /// <summary>
        /// How the weights are changed. Default: SGD at learning rate 0.05 with Nesterov momentum 0.9 and weight decay 5e-4.
        /// </summary>
        public OptimizerSettings Optimizer { get; init => field = Require.NotNull(value); } = new Sgd
        {
            LearningRate = 0.05,
            Nesterov = true,
        };

        /// <summary>
        /// Highest L2 norm of a step's gradient, above 0: a longer one is scaled down to it. Default null: gradients stay as they are.
        /// </summary>
        public double? MaxGradientNorm { get; init => field = value is { } norm ? Require.Positive(norm) : null; }

        /// <summary>
        /// Validates and ends with a moving average of the weights. Default null: with the weights as they are.
        /// </summary>
        public WeightAverage? WeightAverage { get; init; }

        /// <summary>The learning rate over the run. Default: cosine after one epoch of warm-up.</summary>
        public LearningRateSchedule Schedule { get; init => field = Require.NotNull(value); } = new WarmUpSchedule();

        /// <summary>
        /// Whether the scores are calibrated on the validation rows by temperature scaling (<see cref="TemperatureCalibration"/>), which
        /// changes no prediction: a score of 0.8 is then right about eight times in ten. Needs validation rows, some hundred of them.
        /// Default false.
        /// </summary>
        public bool CalibrateScores { get; init; }

        /// <summary>When no label is predicted. Default null: one always is.</summary>
        public Rejection? Rejection { get; init; }

        /// <summary>
        /// Stops early when validation no longer improves. Default null: all epochs run, as the learning-rate schedule expects.
        /// </summary>
        public EarlyStopping? EarlyStopping { get; init; }

        /// <summary>
        /// Whether the model holds the weights of the best validation epoch, not of the last. Default true. This property is ignored
        /// without validation rows.
        /// </summary>
        public bool RestoreBestWeights { get; init; } = true;

        /// <summary>
        /// By what the best validation epoch is chosen. Default null: by what <see cref="EarlyStopping"/> watches; without it by accuracy.
        /// </summary>
        public ValidationMetric? BestEpochMetric { get; init => field = value is { } metric ? Require.Defined(metric) : null; }

        /// <summary>
        /// Folder for the run's checkpoint: a Fit that finds one made with the same settings continues from it. Later Fits of one trainer,
        /// the folds of a cross-validation, have folders in it, fit-2 and so on. Default null: none.
        /// </summary>
        public string? CheckpointDirectory { get; init; }

        /// <summary>
        /// How often the checkpoint is written. Default: after each epoch. This property is ignored without
        /// <see cref="CheckpointDirectory"/>.
        /// </summary>
        public CheckpointInterval CheckpointInterval { get; init => field = Require.NotNull(value); } = new();

        /// <summary>
        /// Where the network is trained. Default null: as the MLContext says, by GpuDeviceId and FallbackToCpu; without them the CPU. A
        /// device that is set here and cannot be used is an error.
        /// </summary>
        public torch.Device? Device { get; init; }

        /// <summary>
        /// In which numbers the network is trained; the model is float32 always. Default <see cref="Precision.Float32"/>;
        /// <see cref="Precision.BFloat16"/> is faster on processors and graphics cards with instructions for it.
        /// </summary>
        public Precision Precision { get; init => field = Require.Defined(value); } = Precision.Float32;

        /// <summary>Called after each epoch, on the training thread. Default null.</summary>
        public Action<EpochMetrics>? MetricsCallback { get; init; }

        /// <summary>
        /// Called with what Fit has to say in words: what it does and how long that took before the first epoch, what it found about
        /// kernels and teacher, and warnings. ML.NET's log has the same lines, and those about the rows. Default null.
        /// </summary>
        public Action<string>? MessageCallback { get; init; }

        /// <summary>Watchers of the run. Default: none.</summary>
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
        public CancellationOutcome OnCancellation { get; init => field = Require.Defined(value); } = CancellationOutcome.Throw;
    }
}
