namespace TfKd.Tests;

/// <summary>A search whose trials are short runs: 48 rows of 4 classes, 32 to validate on.</summary>
internal static class SearchCase
{
    public static readonly IImageSource Training = PatternSource.Create(48, noise: 120);

    public static readonly IImageSource Validation = PatternSource.Create(32, seed: 2, noise: 120);

    public static readonly NetworkArchitecture Network = new SmallCnn { InputShape = Training.Shape, Width = 4 };

    public static SearchSettings Settings { get; } = new() { MaxTrials = 4, Seed = 3 };

    public static TrainingPlan Plan(SearchSpace space) => new()
    {
        BatchSize = 16,
        MaxEpochs = 4,
        Optimizer = new Sgd { LearningRate = space.UniformDouble("LearningRate", 0.0005, 0.2, logBase: true) },
        Augmentations = space.Choice<Augmentation[]>("Augmentations", [], [new RandomCrop { Padding = 2 }]),
        Seed = 5,
    };

    public static PlanSearchResult Run(
        SearchSettings settings, Func<SearchSpace, TrainingPlan>? plan = null, CancellationToken token = default) =>
        new PlanSearch(settings).Run(Network, Training, Validation, plan ?? Plan, token);

    /// <summary>The table but for what a clock measured.</summary>
    public static IEnumerable<string> Timeless(SearchResult table) => table.Trials.Select(trial =>
        $"{trial with { Time = TimeSpan.Zero, Settings = [] }} {string.Join(' ', trial.Settings)} {trial.Validation} "
        + $"best {table.Best.Number}");

    /// <summary>What a plan ends with by itself.</summary>
    public static byte[] WeightsOf(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(Network, Training.ClassNames);
        trainer.Run(student, Training, Validation);
        return WeightsOf(student);
    }

    public static byte[] WeightsOf(ImageNetwork network)
    {
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        return stream.ToArray();
    }

    /// <summary>Counts epochs, and stops at one where it is told to.</summary>
    public sealed class Counter : TrainingCallback
    {
        public int Epochs { get; private set; }

        public Action<int>? AtEpoch { get; init; }

        public override void OnBatchEnd(TrainingState state) => AtEpoch?.Invoke(Epochs);

        public override void OnEpochEnd(TrainingState state) => Epochs++;
    }
}
