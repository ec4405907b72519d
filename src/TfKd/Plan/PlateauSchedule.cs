namespace TfKd;

/// <summary>
/// Multiplies the learning rate by <see cref="Gamma"/> when a validation metric has not improved for more than <see cref="Patience"/>
/// epochs. It depends on the run's history alone, so that a resumed run goes on at its rate. It is the plan's schedule itself: within
/// another one it is refused, and what comes beside it is its <see cref="Inner"/>.
/// </summary>
/// <remarks>
/// PyTorch's <c>ReduceLROnPlateau</c>, with an absolute threshold. Not with a run that has no validation rows, which is refused.
/// </remarks>
/// <example><code>
/// var schedule = new PlateauSchedule { Patience = 3, Inner = new WarmUpSchedule { Inner = new ConstantSchedule() } };
/// </code></example>
public sealed record PlateauSchedule : LearningRateSchedule
{
    /// <summary>The schedule that is scaled. Default: <see cref="ConstantSchedule"/>.</summary>
    public LearningRateSchedule Inner { get; init => field = Require.NotNull(value); } = new ConstantSchedule();

    /// <summary>What is watched. Default: the negative log-likelihood, which moves when accuracy still stands.</summary>
    public ValidationMetric Metric { get; init => field = Require.Defined(value); } = ValidationMetric.Loss;

    /// <summary>The factor of each fall, above 0 and below 1. Default 0.1.</summary>
    public double Gamma { get; init => field = Require.OpenFraction(value); } = 0.1;

    /// <summary>Epochs without improvement that are borne before the rate falls with the next one, 0 or above. Default 10.</summary>
    public int Patience { get; init => field = Require.NotNegative(value); } = 10;

    /// <summary>What counts as an improvement, 0 or above: more than this. Default 0.0001.</summary>
    public double MinDelta { get; init => field = Require.NotNegative(value); } = 0.0001;

    /// <summary>Epochs after a fall in which none is counted as one without improvement, 0 or above. Default 0.</summary>
    public int Cooldown { get; init => field = Require.NotNegative(value); }

    /// <summary>The factor that is not gone below, within [0, 1]. Default 0.</summary>
    public double MinFactor { get; init => field = Require.Fraction(value); }

    /// <summary>What <see cref="Inner"/> says: the factor before the first fall.</summary>
    public override double Factor(double epoch, int maxEpochs) => Inner.Factor(epoch, maxEpochs);

    /// <summary>What the falls so far have left.</summary>
    /// <param name="history">The epochs so far; those without validation do not count.</param>
    internal double FactorAfter(IReadOnlyList<EpochMetrics> history)
    {
        var (factor, best, bad, cooling) = (1.0, double.NegativeInfinity, 0, 0);
        foreach (var value in history.Select(epoch => Metric.ValueOf(epoch)).OfType<double>())
        {
            var isBetter = value > best + MinDelta;
            (best, bad) = isBetter ? (value, 0) : (best, bad + 1);
            if (cooling > 0)
                (cooling, bad) = (cooling - 1, 0);
            if (bad > Patience)
                (factor, cooling, bad) = (Math.Max(factor * Gamma, MinFactor), Cooldown, 0);
        }

        return factor;
    }
}
