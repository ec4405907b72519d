namespace TfKd;

/// <summary>Chooses a temperature by the likelihood of samples, for softmax and sigmoids: where the likelihood is highest, or 1.</summary>
internal static class TemperatureChoice
{
    /// <summary>The choice is drawn towards 1 by as many samples whose labels are as probable as the network says.</summary>
    public const int PriorSamples = 20;

    private const int EnoughSamples = 100;

    // As many as Agresti and Coull add to an interval of a fraction, here all on one side.
    private const int SamplesAgainst = 4;

    private const double StandardErrors = 2;

    private const int Steps = 100;

    private const double Tolerance = 1e-9;

    /// <summary>
    /// The temperature of the highest posterior, or 1 where it does not gain more than its error. With b = 1 / T, the negative logarithm of
    /// the posterior is convex; halving the interval finds the place where its slope changes its sign.
    /// </summary>
    /// <param name="slope">That slope at b, or a multiple of it.</param>
    /// <param name="gains">
    /// Of each sample: how much more likely its labels are at b than at 1, in nats, and the same for labels that speak against b: right
    /// ones where b is below 1, wrong ones above.
    /// </param>
    public static double Find(Func<double, double> slope, Func<double, IEnumerable<(double Gain, double Against)>> gains)
    {
        var (low, high) = (1 / TemperatureCalibration.MaxTemperature, 1 / TemperatureCalibration.MinTemperature);
        for (var step = 0; step < Steps; step++)
        {
            var middle = (low + high) / 2;
            if (slope(middle) > 0)
                high = middle;
            else
                low = middle;
        }

        var inverse = (low + high) / 2;
        if (!GainsMoreThanItsError(gains(inverse)))
            return 1;
        // Halving does not reach its ends.
        return inverse >= 1 / TemperatureCalibration.MinTemperature - Tolerance ? TemperatureCalibration.MinTemperature
            : inverse <= 1 / TemperatureCalibration.MaxTemperature + Tolerance ? TemperatureCalibration.MaxTemperature
            : 1 / inverse;
    }

    /// <summary>What is to be known of a choice: fewer than 100 samples, or a temperature at a bound. Null: nothing.</summary>
    public static string? Warning(int count, double temperature) => count < EnoughSamples
        ? FormattableString.Invariant($"Scores were calibrated on {count} samples, too few to know the temperature well; ")
            + FormattableString.Invariant($"it is {temperature:G4}. Expected {EnoughSamples} or more.")
        : temperature is TemperatureCalibration.MinTemperature or TemperatureCalibration.MaxTemperature
            ? FormattableString.Invariant($"The temperature of the scores is {temperature}, a bound of the range: the samples that they ")
                + "were calibrated on ask for more, which other samples may not."
            : null;

    /// <summary>
    /// Whether the log-likelihood is above that at 1 by more than two standard errors of the difference over the samples, when samples are
    /// added that speak against it.
    /// </summary>
    private static bool GainsMoreThanItsError(IEnumerable<(double Gain, double Against)> gains)
    {
        var (count, sum, squares, against) = (0, 0.0, 0.0, 0.0);
        foreach (var (gain, contrary) in gains)
            (count, sum, squares, against) = (count + 1, sum + gain, squares + gain * gain, against + contrary);
        if (count < 2)
            return false;
        var variance = Math.Max(0, squares - sum * sum / count) / (count - 1);
        return sum + SamplesAgainst * against / count > StandardErrors * Math.Sqrt(count * variance);
    }
}
