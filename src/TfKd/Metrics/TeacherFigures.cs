using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>
/// What a teacher says of a set of rows. Its targets are its answers at the temperature of the report; means are over rows.
/// </summary>
public sealed record TeacherFigures
{
    /// <summary>The teacher's own accuracy, likelihood and calibration, at a temperature of 1.</summary>
    public required ClassificationMetrics Metrics { get; init; }

    /// <summary>Fraction of rows that teacher and student put into the same class.</summary>
    public required double Agreement { get; init; }

    /// <summary>Mean entropy of the targets, in nats: 0 for hard labels, ln K for uniform ones.</summary>
    public required double Entropy { get; init; }

    /// <summary>
    /// Mean of (1 - p_c) K / (K - 1), with p_c the target's probability of the row's class: the smoothing, by the uniform convention, of
    /// the smoothed label that leaves the row's class as much. Above 1 where the teacher thinks less of it than of the average class.
    /// </summary>
    public required double EffectiveSmoothing { get; init; }

    /// <summary>Standard deviation of that smoothing between rows: 0 for label smoothing.</summary>
    public required double SmoothingDeviation { get; init; }

    /// <summary>
    /// Mean KL divergence, in nats, of the targets from that smoothed label: what the teacher says of the likeness of the other classes,
    /// which neither hard nor smoothed labels say. 0 for label smoothing, at most ln(K - 1).
    /// </summary>
    // By the name that cards of saved models have it under.
    [JsonPropertyName("Gain")]
    public required double KlFromSmoothedLabel { get; init; }

    /// <summary>The same class by class, in the order of the label indices.</summary>
    public required IReadOnlyList<TeacherClassFigures> Classes { get; init; }
}
