namespace TfKd.MLNet;

/// <summary>How an <see cref="ImageClassifier"/> looks after its file.</summary>
public sealed record ImageClassifierOptions
{
    /// <summary>
    /// Whether a file that is replaced is loaded again. The old model serves until the new one is there, and goes on where the new file is
    /// damaged. Default false.
    /// </summary>
    public bool ReloadOnChange { get; init; }

    /// <summary>
    /// How often at most the file's time and size are looked at, above zero; they are when a photo comes. Default 2 seconds.
    /// </summary>
    public TimeSpan CheckInterval
    {
        get;
        init => field = value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(CheckInterval), value, $"CheckInterval must be above zero, but is {value}.");
    } = TimeSpan.FromSeconds(2);

    /// <summary>Told in words of a model that was loaded again. Default null: nobody is.</summary>
    public Action<string>? MessageCallback { get; init; }

    /// <summary>Told in words why a new file could not be loaded. Default null: nobody is.</summary>
    public Action<string>? WarningCallback { get; init; }

    /// <summary>Tells the time.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}
