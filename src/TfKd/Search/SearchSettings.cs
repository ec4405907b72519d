namespace TfKd;

/// <summary>How a search is done: how many trials, for how long, chosen by what.</summary>
/// <example><code>
/// var settings = new SearchSettings
/// {
///     Method = new SuccessiveHalving(),
///     MaxTrials = 27,
///     TimeBudget = TimeSpan.FromMinutes(30),
///     Directory = "search",
/// };
/// </code></example>
public sealed record SearchSettings
{
    /// <summary>How time is spent on the trials. Default: <see cref="RandomSearch"/>.</summary>
    public SearchMethod Method { get; init => field = Require.NotNull(value); } = new RandomSearch();

    /// <summary>The most trials, above 0. Default 20. Fewer, where the space has fewer different settings.</summary>
    public int MaxTrials { get; init => field = Require.Positive(value); } = 20;

    /// <summary>
    /// The time that the epochs of all trials may take together, those before a resumption included, above 0; reading data comes beside it.
    /// The trial at work ends with its epoch; it counts with what it has by then, behind those that came as far as they were to come.
    /// Default null: no limit.
    /// </summary>
    public TimeSpan? TimeBudget
    {
        get;
        init => field = value is null || value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(TimeBudget), value, $"TimeBudget must be above 0 or null, but is {value}.");
    }

    /// <summary>
    /// What the trials are compared by, on the validation rows: at the epoch whose weights each of them would end with. Default: accuracy.
    /// </summary>
    public ValidationMetric Metric { get; init => field = Require.Defined(value); } = ValidationMetric.Accuracy;

    /// <summary>Decides which settings are drawn; the runs' own seed is their plan's. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>
    /// Folder of the search: a file <c>search.json</c> with what became of each trial, and the checkpoints of those that are not beaten
    /// yet. A search that finds one that was interrupted, or was to be shorter, goes on with it, and ends with the table of one that never
    /// was. Default null: a temporary folder, for the time of the search.
    /// </summary>
    public string? Directory { get; init => field = value is null ? null : Require.Name(value); }

    /// <summary>
    /// HTML file with the table and what the scores were, written after each trial: nothing in it comes from elsewhere. Default null: none.
    /// </summary>
    public string? ReportPath { get; init => field = value is null ? null : Require.Name(value); }

    /// <summary>Called after each trial, and at each of its rungs, on the training thread. Default null.</summary>
    public Action<SearchTrial>? TrialCallback { get; init; }
}
