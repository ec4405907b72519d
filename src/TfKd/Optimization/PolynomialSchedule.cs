namespace TfKd;

/// <summary>
/// Falls from 1 to <see cref="FinalFactor"/> over the whole run as a power of what is left of it: with the default power in a straight
/// line.
/// </summary>
/// <remarks>
/// A power of 0.9 is what Chen et al., 'DeepLab', TPAMI 2018, train with; a straight line is common when pretrained networks are
/// fine-tuned.
/// </remarks>
/// <example><code>
/// var schedule = new PolynomialSchedule { Power = 0.9 };
/// </code></example>
public sealed record PolynomialSchedule : LearningRateSchedule
{
    /// <summary>The power, above 0. Default 1.</summary>
    public double Power { get; init => field = Require.Positive(value); } = 1;

    /// <summary>The factor at the end, within [0, 1]. Default 0.</summary>
    public double FinalFactor { get; init => field = Require.Fraction(value); }

    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs) =>
        FinalFactor + (1 - FinalFactor) * Math.Pow(1 - Math.Clamp(epoch / maxEpochs, 0, 1), Power);
}
