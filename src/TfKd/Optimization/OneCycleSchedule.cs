namespace TfKd;

/// <summary>
/// One rise and one long fall over the whole run, each half a cosine wave: from <see cref="InitialFactor"/> up to 1 within
/// <see cref="RisingPart"/> of the run, then down to <see cref="FinalFactor"/>. The optimiser's learning rate is the highest one. The
/// defaults are those of PyTorch's <c>OneCycleLR</c>; the momentum stays as it is.
/// </summary>
/// <remarks>Smith and Topin, 'Super-convergence: very fast training of neural networks using large learning rates', 2018.</remarks>
/// <example><code>
/// var schedule = new OneCycleSchedule { RisingPart = 0.3 };
/// </code></example>
public sealed record OneCycleSchedule : LearningRateSchedule
{
    /// <summary>The factor at the beginning, within [0, 1]. Default 0.04.</summary>
    public double InitialFactor { get; init => field = Require.Fraction(value); } = 0.04;

    /// <summary>The part of the run in which the rate rises, within [0, 1]. Default 0.3.</summary>
    public double RisingPart { get; init => field = Require.Fraction(value); } = 0.3;

    /// <summary>The factor at the end, within [0, 1]. Default 0.000004, the ten thousandth part of 0.04.</summary>
    public double FinalFactor { get; init => field = Require.Fraction(value); } = 0.000004;

    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs)
    {
        var progress = Math.Clamp(epoch / maxEpochs, 0, 1);
        return progress < RisingPart
            ? HalfCosine(InitialFactor, 1, progress / RisingPart)
            : HalfCosine(1, FinalFactor, RisingPart < 1 ? (progress - RisingPart) / (1 - RisingPart) : 0);
    }
}
