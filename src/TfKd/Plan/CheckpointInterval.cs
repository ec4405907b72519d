namespace TfKd;

/// <summary>How often a run writes its checkpoint. After the last epoch it always does.</summary>
/// <example><code>
/// var interval = new CheckpointInterval { Epochs = 5 };
/// </code></example>
public sealed record CheckpointInterval
{
    /// <summary>Epochs from one checkpoint to the next, above 0. Default 1.</summary>
    public int Epochs { get; init => field = Require.Positive(value); } = 1;

    /// <summary>
    /// Time after which a checkpoint is written within an epoch, too, above 0: after the first step that ends so long after the last
    /// checkpoint. Such a checkpoint is continued from at the next step, with the same result, bit for bit. Default null: only after
    /// epochs.
    /// </summary>
    public TimeSpan? Time
    {
        get;
        init => field = value is null || value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Time), value, $"Time must be above 0 or null, but is {value}.");
    }
}
