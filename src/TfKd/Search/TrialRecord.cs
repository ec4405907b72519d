namespace TfKd;

/// <summary>What is kept of a trial, for the table and to go on with it.</summary>
internal sealed record TrialRecord
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    public required IReadOnlyList<SearchValue> Settings { get; init; }

    /// <summary>Tells what is trained from what would be trained otherwise; null where that cannot be told.</summary>
    public string? Identity { get; init; }

    public long Seed { get; init; }

    public int Epochs { get; init; }

    /// <summary>Of the epochs so far; null where samples may have several labels.</summary>
    public ClassificationMetrics? Validation { get; init; }

    /// <summary>How good it is by the epochs so far, higher being better.</summary>
    public double? Rank { get; init; }

    /// <summary>At the end of each rung, higher being better.</summary>
    public IReadOnlyList<double> Ranks { get; init; } = [];

    public TimeSpan Time { get; init; }

    public string? Error { get; init; }

    /// <summary>Whether it was left behind at the last of its rungs.</summary>
    public bool IsLeftBehind { get; init; }

    /// <summary>For the user.</summary>
    public SearchTrial ToTrial(SearchSettings settings) => new()
    {
        Number = Number,
        Settings = Settings,
        Seed = Seed,
        State = this switch
        {
            { Error: not null } => SearchTrialState.Failed,
            { IsLeftBehind: true } => SearchTrialState.LeftBehind,
            _ => Ranks.Count >= settings.Method.RungCount ? SearchTrialState.Finished : SearchTrialState.Stopped,
        },
        Epochs = Epochs,
        Score = Error is null && Rank is { } rank ? Math.Abs(rank) : null,
        Validation = Error is null ? Validation : null,
        Time = Time,
        Error = Error,
    };
}
