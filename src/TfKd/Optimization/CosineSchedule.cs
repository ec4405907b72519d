namespace TfKd;

/// <summary>
/// Half a cosine wave from 1 down to <see cref="FinalFactor"/> over the whole run (Loshchilov and Hutter, 'SGDR: stochastic gradient
/// descent with warm restarts', ICLR 2017, without restarts).
/// </summary>
/// <example><code>
/// var schedule = new CosineSchedule { FinalFactor = 0.01 };
/// </code></example>
public sealed record CosineSchedule : LearningRateSchedule
{
    /// <summary>The factor at the end, within [0, 1]. Default 0.</summary>
    public double FinalFactor { get; init => field = Require.Fraction(value); }

    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs) =>
        HalfCosine(1, FinalFactor, Math.Clamp(epoch / maxEpochs, 0, 1));
}
