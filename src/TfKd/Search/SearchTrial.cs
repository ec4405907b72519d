namespace TfKd;

/// <summary>What became of a trial of a search.</summary>
public sealed record SearchTrial
{
    /// <summary>The trial, from 1, in the order in which they were drawn.</summary>
    public required int Number { get; init; }

    /// <summary>What the search space gave, in order.</summary>
    public required IReadOnlyList<SearchValue> Settings { get; init; }

    /// <summary>The seed of its run.</summary>
    public required long Seed { get; init; }

    /// <summary>How far it came.</summary>
    public required SearchTrialState State { get; init; }

    /// <summary>The epochs that it was trained.</summary>
    public required int Epochs { get; init; }

    /// <summary>
    /// What it is compared by, on the validation rows, as <see cref="SearchSettings.Metric"/> has it: accuracy is better when it is higher,
    /// the others when they are lower. Null: it failed.
    /// </summary>
    public double? Score { get; init; }

    /// <summary>All metrics of the same epoch. Null: it failed, or samples may have several labels.</summary>
    public ClassificationMetrics? Validation { get; init; }

    /// <summary>The time that its epochs took, validation included.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>Why it failed; null where it did not.</summary>
    public string? Error { get; init; }

    /// <inheritdoc/>
    public override string ToString() => InvariantText.Of(() =>
        $"Trial {Number} ({string.Join(", ", Settings.Select(value => $"{value.Name} {value.Text}"))}): "
        + (Error ?? $"{Score:G4} after {Epochs} epochs, {Time.TotalSeconds:F1} s, {State}"));
}
