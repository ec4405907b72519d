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

    /// <summary>What is to be known of the choice: fewer than 100 samples, or a temperature at a bound. Null: nothing.</summary>
    public string? Warning => TemperatureChoice.Warning(Before.Count, Temperature);

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
    /// The slope of the negative logarithm of the posterior is sum(m(b) - z_y) + (prior / n) sum(m(b) - m(1)), where m(b) is the mean of a
    /// sample's logits under their softmax at b.
    /// </summary>
    internal static double Choose(IReadOnlyList<(float[] Logits, int Label)> rows)
    {
        var prior = (double)TemperatureChoice.PriorSamples / rows.Count;
        var target = rows.Sum(row => row.Logits[row.Label] + prior * SpanSoftmax.MeanLogit(row.Logits, 1));
        return TemperatureChoice.Find(
            inverse => (1 + prior) * rows.Sum(row => SpanSoftmax.MeanLogit(row.Logits, inverse)) - target,
            inverse => rows.Select(row => Gains(row.Logits, row.Label, inverse)));
    }

    private static (double Gain, double Against) Gains(float[] logits, int label, double inverse)
    {
        var partition = SpanSoftmax.LogSumExp(logits) - SpanSoftmax.LogSumExp(Array.ConvertAll(logits, z => (float)(inverse * z)));
        var contrary = logits.OrderDescending().ElementAt(inverse < 1 ? 0 : 1);
        return (partition - (1 - inverse) * logits[label], partition - (1 - inverse) * contrary);
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
