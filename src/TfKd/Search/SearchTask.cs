namespace TfKd;

/// <summary>What a search tries.</summary>
/// <typeparam name="T">What the user makes of a search space: a plan, or options.</typeparam>
internal sealed record SearchTask<T>
{
    /// <summary>Makes the settings of a trial.</summary>
    public required Func<SearchSpace, T> Make { get; init; }

    /// <summary>The plan that the settings are, with the seed of its run.</summary>
    public required Func<T, TrainingPlan> PlanOf { get; init; }

    /// <summary>The network that they train.</summary>
    public required Func<T, NetworkArchitecture> NetworkOf { get; init; }

    /// <summary>
    /// Trains, with checkpoints in a folder and a watcher behind all others, until the run is over or the token cancelled.
    /// </summary>
    public required Action<T, string, TrialWatcher, CancellationToken> Train { get; init; }

    /// <summary>The seed of all runs, to be kept with what they brought; null: it is a part of their plans.</summary>
    public long? RunSeed { get; init; }
}
