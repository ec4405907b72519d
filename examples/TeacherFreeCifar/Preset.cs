using System.Globalization;
using TfKd;

namespace TeacherFreeCifar;

/// <summary>How long and in what way everything is trained: the same for all methods.</summary>
/// <param name="Name">What it is called on the command line and in the results.</param>
/// <param name="Epochs">Passes over the training rows.</param>
/// <param name="Schedule">The learning rate over the run.</param>
/// <param name="Augmentations">Random changes of the images.</param>
internal sealed record Preset(string Name, int Epochs, LearningRateSchedule Schedule, IReadOnlyList<Augmentation> Augmentations)
{
    /// <summary>Of the network's input in the paper's code and in the given weights, to three digits.</summary>
    public static readonly ChannelStatistics Normalization = new([0.5070, 0.4865, 0.4409], [0.2673, 0.2564, 0.2761]);

    /// <summary>The schedule of the paper: 200 epochs, for a GPU.</summary>
    public static readonly Preset Paper = new(
        "paper", 200, new WarmUpSchedule { Inner = new StepSchedule { Milestones = [60, 120, 160], Gamma = 0.2 } },
        [new RandomCrop(), new HorizontalFlip(), new Rotation()]);

    /// <summary>
    /// What two cores finish: a few epochs, whose learning rate rises over the first and falls as a cosine; no rotation, which pays in long
    /// runs only.
    /// </summary>
    public static readonly Preset Cpu = new("cpu", 3, new WarmUpSchedule(), [new RandomCrop(), new HorizontalFlip()])
    {
        KeepsAnswers = true,
    };

    /// <summary>
    /// What two cores finish with a learning rate of its own for each method: a ninth of the rows. At the end the student is right about half
    /// of their augmented views.
    /// </summary>
    public static readonly Preset Few = new("few", 30, new WarmUpSchedule(), [new RandomCrop(), new HorizontalFlip()])
    {
        KeepsAnswers = true,
        BatchSize = 32,
        Studied = Method.Studied,
        TrainingFraction = 1.0 / 9,
        WatchedFraction = 0.2,
    };

    /// <summary>
    /// The same for twice the epochs, when the student is right about more of those views, with the learning rates that are best for half
    /// the time; fewer methods, so that there are seeds enough.
    /// </summary>
    public static readonly Preset Long = Few with { Name = "long", Epochs = 60, Studied = Method.StudiedLonger, Shorter = Few.Name };

    public static readonly IReadOnlyDictionary<string, Preset> All = new[] { Paper, Cpu, Few, Long }.ToDictionary(preset => preset.Name);

    /// <summary>
    /// Whether the answers of a given teacher are kept in files, 18 MB an epoch and seed, for all methods that learn from it: they see the
    /// same views.
    /// </summary>
    public bool KeepsAnswers { get; init; }

    /// <summary>Which of the rows that are not held out are trained on. Default 1: all.</summary>
    public double TrainingFraction { get; init; } = 1;

    /// <summary>
    /// Which of the rows held out are asked after each epoch. Default 1: all, and they choose the epoch. Below 1 the last epoch is taken,
    /// and all rows held out are asked once, after it.
    /// </summary>
    public double WatchedFraction { get; init; } = 1;

    /// <summary>Rows a batch. Default 128, the paper's.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>
    /// What is compared where each method has a learning rate of its own, which the rows held out choose. Default: nothing is; all methods
    /// have the same rate.
    /// </summary>
    public IReadOnlyList<Method> Studied { get; init; } = [];

    /// <summary>
    /// The preset of half the time whose runs say the learning rates. Default null: its own do.
    /// </summary>
    public string? Shorter { get; init; }

    /// <summary>The learning rate after the warm-up. Default 0.1, the paper's.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>The same with the rate that it has where nobody chose another: that of teachers.</summary>
    public Preset AtOwnRate => this with { LearningRate = All[Name].LearningRate };

    /// <summary>What the student computes in. Default: float32.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>What tables of these runs on so many training rows are called: of all learning rates, which are compared.</summary>
    public string FileName(int rows) =>
        $"{Name}-{Epochs}-epochs-{rows}-rows{(Precision == Precision.Float32 ? "" : $"-{Precision.ToString().ToLowerInvariant()}")}";

    /// <summary>What runs of one learning rate are called: the folder of their checkpoints, and tables of them alone.</summary>
    public string RunsName(int rows) =>
        LearningRate == 0.1 ? FileName(rows) : string.Create(CultureInfo.InvariantCulture, $"{FileName(rows)}-at-{LearningRate}");

    /// <summary>The plan of one run; its objective and teacher are still to be set.</summary>
    /// <param name="seed">The seed of weights, order and augmentation.</param>
    public TrainingPlan Plan(long seed) => new()
    {
        MaxEpochs = Epochs,
        Schedule = Schedule,
        Augmentations = Augmentations,
        BatchSize = BatchSize,
        Optimizer = new Sgd { LearningRate = LearningRate, Momentum = 0.9, WeightDecay = 5e-4 },
        Normalization = Normalization,
        Precision = Precision,
        RestoreBestWeights = WatchedFraction == 1,
        Seed = seed,
    };
}
