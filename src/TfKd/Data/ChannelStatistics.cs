namespace TfKd;

/// <summary>Mean and standard deviation of each channel over a set of images, of values scaled to 0 to 1.</summary>
public sealed record ChannelStatistics
{
    /// <summary>Takes one mean and one standard deviation a channel.</summary>
    public ChannelStatistics(IReadOnlyList<double> mean, IReadOnlyList<double> std)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(std);
        if (mean.Count == 0 || mean.Count != std.Count)
            throw new ArgumentException($"Expected as many standard deviations as means and at least one, found {mean.Count} means and {std.Count} deviations.", nameof(std));
        foreach (var deviation in std)
            Require.Positive(deviation, nameof(Std));
        (Mean, Std) = (mean, std);
    }

    /// <summary>Mean of each channel.</summary>
    public IReadOnlyList<double> Mean { get; }

    /// <summary>Standard deviation of each channel, above 0.</summary>
    public IReadOnlyList<double> Std { get; }

    /// <summary>Value equality of the numbers.</summary>
    public bool Equals(ChannelStatistics? other) => other is not null && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => Mean.Concat(Std).Aggregate(0, HashCode.Combine);
}
