namespace TfKd;

/// <summary>
/// Multiplies the learning rate by <see cref="Gamma"/> every <see cref="Epochs"/> epochs, evenly or in steps. The defaults of factor and
/// epochs are those of ML.NET's <c>ExponentialLRDecay</c>, which goes in steps.
/// </summary>
/// <example><code>
/// var asInMLNet = new ExponentialSchedule { Staircase = true };
/// </code></example>
public sealed record ExponentialSchedule : LearningRateSchedule
{
    /// <summary>The factor of each <see cref="Epochs"/> epochs, above 0. Default 0.94.</summary>
    public double Gamma { get; init => field = Require.Positive(value); } = 0.94;

    /// <summary>After how many epochs the rate has fallen by one factor, above 0; fractions are allowed. Default 2.</summary>
    public double Epochs { get; init => field = Require.Positive(value); } = 2;

    /// <summary>Whether the rate stays the same within each of these periods. Default false: it falls with each optimiser step.</summary>
    public bool Staircase { get; init; }

    /// <inheritdoc/>
    public override double Factor(double epoch, int maxEpochs)
    {
        var periods = epoch / Epochs;
        // A step has the rate of its end: where two periods meet is the end of the first.
        return Math.Pow(Gamma, Staircase ? Math.Max(0, Math.Ceiling(periods) - 1) : periods);
    }
}
