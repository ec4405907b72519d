namespace TfKd;

/// <summary>
/// Temperature scaling: the logits of a trained network are divided by one number, chosen for a low negative log-likelihood on samples that
/// it was not trained on. Which class is the most probable does not change, how probable it is does (Guo, Pleiss, Sun and Weinberger, 'On
/// calibration of modern neural networks', ICML 2017, section 4.2).
/// </summary>
/// <remarks>
/// <para>Few samples say little of the temperature, and samples that are all classified rightly ask for one of 0. So the choice is drawn
/// towards 1, by 20 samples whose classes are as probable as the network says: the prior of the inverse temperature
/// that is conjugate to the likelihood. Their part vanishes where there are many samples.</para>
/// <para>The temperature stays 1 unless the gain in likelihood, with four further samples that speak against the change, is more than
/// twice its standard error. Simulated with 16 to 300 samples, 2 and 5 classes and true temperatures from 0.7 to 2.5, the mean negative
/// log-likelihood of other samples is then above that of T = 1 by less than 0.001, and by less than 0.005 where the samples have chosen the
/// best of eight epochs before.</para>
/// </remarks>
/// <param name="Temperature">
/// The divisor, from <see cref="MinTemperature"/> to <see cref="MaxTemperature"/>; above 1 for a network that is too sure; 1 where the
/// samples do not show that another one is better.
/// </param>
/// <param name="Before">The network as it is, on the samples.</param>
/// <param name="After">The same at that temperature: on the samples that it was chosen on, so a little too good.</param>
public sealed record TemperatureCalibration(double Temperature, ClassificationMetrics Before, ClassificationMetrics After)
{
    /// <summary>The lowest temperature.</summary>
    public const double MinTemperature = 0.25;

    /// <summary>The highest temperature.</summary>
    public const double MaxTemperature = 20;

    private const int PriorSamples = 20;

    private const int EnoughSamples = 100;

    // As many as Agresti and Coull add to an interval of a fraction, here all on one side.
    private const int SamplesAgainst = 4;

    private const double StandardErrors = 2;

    private const int Steps = 100;

    private const double Tolerance = 1e-9;

    /// <summary>What is to be known of the choice: fewer than 100 samples, or a temperature at a bound. Null: nothing.</summary>
    public string? Warning => Before.Count < EnoughSamples
        ? FormattableString.Invariant($"Scores were calibrated on {Before.Count} samples, too few to know the temperature well; ")
            + FormattableString.Invariant($"it is {Temperature:G4}. Expected {EnoughSamples} or more.")
        : Temperature is MinTemperature or MaxTemperature
            ? FormattableString.Invariant($"The temperature of the scores is {Temperature}, a bound of the range: the samples that they ")
                + "were calibrated on ask for more, which other samples may not."
            : null;

    /// <summary>Runs the network over all rows, and chooses.</summary>
    /// <param name="network">The network, on its device; it stays as it is.</param>
    /// <param name="source">Rows with the network's classes that it was not trained on.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    /// <exception cref="ArithmeticException">The network's output is not a number.</exception>
    /// <example><code>
    /// var calibration = TemperatureCalibration.Fit(network, validation);
    /// Console.WriteLine($"T = {calibration.Temperature:F2}");
    /// var (before, after) = (calibration.Before, calibration.After);
    /// Console.WriteLine($"ECE {before.ExpectedCalibrationError:P1}, then {after.ExpectedCalibrationError:P1}");
    /// </code></example>
    public static TemperatureCalibration Fit(
        ImageNetwork network, IImageSource source, int batchSize = 128, CancellationToken cancellationToken = default)
    {
        return Fit([.. Evaluator.Answers(network, source, batchSize, features: null, cancellationToken)]);
    }

    /// <summary>The same from logits and labels.</summary>
    internal static TemperatureCalibration Fit(IReadOnlyList<(float[] Logits, int Label)> rows)
    {
        var before = Measure(rows, 1);
        var temperature = Choose(rows);
        return new(temperature, before, Measure(rows, temperature));
    }

    /// <summary>
    /// The temperature of the highest posterior, or 1 where it does not gain more than its error. With b = 1 / T, the negative
    /// logarithm of the posterior is convex, with the slope sum(m(b) - z_y) + (prior / n) sum(m(b) - m(1)), where m(b) is the mean of a
    /// sample's logits under their softmax at b; halving the interval finds the place where the slope changes its sign.
    /// </summary>
    internal static double Choose(IReadOnlyList<(float[] Logits, int Label)> rows)
    {
        var prior = (double)PriorSamples / rows.Count;
        var target = rows.Sum(row => row.Logits[row.Label] + prior * SpanSoftmax.MeanLogit(row.Logits, 1));
        var (low, high) = (1 / MaxTemperature, 1 / MinTemperature);
        for (var step = 0; step < Steps; step++)
        {
            var middle = (low + high) / 2;
            if ((1 + prior) * rows.Sum(row => SpanSoftmax.MeanLogit(row.Logits, middle)) > target)
                high = middle;
            else
                low = middle;
        }

        var inverse = (low + high) / 2;
        if (!GainsMoreThanItsError(rows, inverse))
            return 1;
        // Halving does not reach its ends.
        return inverse >= 1 / MinTemperature - Tolerance ? MinTemperature
            : inverse <= 1 / MaxTemperature + Tolerance ? MaxTemperature
            : 1 / inverse;
    }

    /// <summary>
    /// Whether the log-likelihood at b is above that at 1 by more than two standard errors of the difference over the samples, when
    /// samples are added that speak against b, as likely ones as there are: the most probable class where b is below 1, the next one above.
    /// </summary>
    private static bool GainsMoreThanItsError(IReadOnlyList<(float[] Logits, int Label)> rows, double inverse)
    {
        var (sum, squares, against) = (0.0, 0.0, 0.0);
        foreach (var (logits, label) in rows)
        {
            var partition = SpanSoftmax.LogSumExp(logits) - SpanSoftmax.LogSumExp(Array.ConvertAll(logits, z => (float)(inverse * z)));
            var gain = partition - (1 - inverse) * logits[label];
            var contrary = logits.OrderDescending().ElementAt(inverse < 1 ? 0 : 1);
            (sum, squares) = (sum + gain, squares + gain * gain);
            against += partition - (1 - inverse) * contrary;
        }

        var count = rows.Count;
        if (count < 2)
            return false;
        var variance = Math.Max(0, squares - sum * sum / count) / (count - 1);
        return sum + SamplesAgainst * against / count > StandardErrors * Math.Sqrt(count * variance);
    }

    /// <summary>The logits divided by a temperature.</summary>
    internal static float[] Soften(float[] logits, double temperature) =>
        Array.ConvertAll(logits, logit => (float)(logit / temperature));

    /// <summary>How good the answers are at a temperature.</summary>
    internal static ClassificationMetrics Measure(IReadOnlyList<(float[] Logits, int Label)> rows, double temperature)
    {
        var metrics = new MetricsAccumulator();
        foreach (var (logits, label) in rows)
            metrics.Add(Soften(logits, temperature), label);
        return metrics.ToMetrics();
    }
}
