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

    public static readonly IReadOnlyDictionary<string, Preset> All = new[] { Paper, Cpu }.ToDictionary(preset => preset.Name);

    /// <summary>
    /// Whether the answers of a given teacher are kept in files, 18 MB an epoch and seed, for all methods that learn from it: they see the
    /// same views.
    /// </summary>
    public bool KeepsAnswers { get; init; }

    /// <summary>What files and folders of these runs on so many training rows are called.</summary>
    public string FileName(int rows) => $"{Name}-{Epochs}-epochs-{rows}-rows";

    /// <summary>The plan of one run; its objective and teacher are still to be set.</summary>
    /// <param name="seed">The seed of weights, order and augmentation.</param>
    public TrainingPlan Plan(long seed) => new()
    {
        MaxEpochs = Epochs,
        Schedule = Schedule,
        Augmentations = Augmentations,
        BatchSize = 128,
        Optimizer = new Sgd { LearningRate = 0.1, Momentum = 0.9, WeightDecay = 5e-4 },
        Normalization = Normalization,
        Seed = seed,
    };
}
