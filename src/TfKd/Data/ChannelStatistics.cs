using System.Globalization;

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
            throw new ArgumentException(
                $"Expected as many standard deviations as means and at least one, found {mean.Count} means and {std.Count} deviations.",
                nameof(std));
        foreach (var deviation in std)
            Require.Positive(deviation, nameof(Std));
        (Mean, Std) = (mean, std);
    }

    /// <summary>
    /// Those of the ImageNet training images as torchvision's published weights, and most others, take them: mean 0.485, 0.456, 0.406,
    /// deviation 0.229, 0.224, 0.225 of red, green and blue.
    /// </summary>
    public static ChannelStatistics ImageNet { get; } = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>Mean of each channel.</summary>
    public IReadOnlyList<double> Mean { get; }

    /// <summary>Standard deviation of each channel, above 0.</summary>
    public IReadOnlyList<double> Std { get; }

    /// <summary>
    /// Computes the statistics of all pixels of a source. A channel without any variation gets a deviation of 1, so that it can be divided
    /// by.
    /// </summary>
    /// <exception cref="ArgumentException">The source has no rows.</exception>
    /// <example><code>
    /// var normalization = ChannelStatistics.Of(training);
    /// </code></example>
    public static ChannelStatistics Of(IImageSource source) => Of(source, replicas: null);

    /// <summary>The same of several processes, each of which reads its own rows.</summary>
    internal static ChannelStatistics Of(IImageSource source, Replicas? replicas)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Count == 0)
            throw new ArgumentException("The statistics of no images are not defined; expected at least one row.", nameof(source));
        var channels = source.Shape.Channels;
        var plane = source.Shape.Height * source.Shape.Width;
        var pixels = new byte[source.Shape.ByteCount];
        // Of whole numbers, so that the order of rows changes nothing.
        var sums = new double[2 * channels];
        foreach (var row in RowOrigin.OwnRows(source, ReplicaShare.Of(replicas)))
        {
            source.ReadPixels(row, pixels);
            for (var channel = 0; channel < channels; channel++)
            {
                var (sum, square) = (0L, 0L);
                foreach (var value in pixels.AsSpan(channel * plane, plane))
                {
                    sum += value;
                    square += value * value;
                }

                sums[channel] += sum;
                sums[channels + channel] += square;
            }
        }

        replicas?.Sum(sums.AsSpan());
        var count = (double)source.Count * plane;
        var mean = sums[..channels].Select(sum => sum / count / 255).ToArray();
        var variance = sums[channels..].Zip(mean, (square, m) => square / count / (255 * 255) - m * m);
        return new ChannelStatistics(mean, [.. variance.Select(v => v > 1e-10 ? Math.Sqrt(v) : 1)]);
    }

    /// <summary>Value equality of the numbers.</summary>
    public bool Equals(ChannelStatistics? other) => other is not null && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => Mean.Concat(Std).Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => $"mean [{Text(Mean)}], std [{Text(Std)}]";

    private static string Text(IReadOnlyList<double> values) =>
        string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
}
