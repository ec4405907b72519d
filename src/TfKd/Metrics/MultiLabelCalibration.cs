namespace TfKd;

/// <summary>
/// Temperature scaling of a network whose samples may have several labels: the logits are divided by one number before the sigmoids, chosen
/// for a low negative log-likelihood on samples that it was not trained on. Whether a probability is above one half does not change, nor
/// does the order of the samples by it. It is chosen with the caution of <see cref="TemperatureCalibration"/>, and stays 1 where the
/// samples do not show that another one is better.
/// </summary>
/// <remarks>
/// The labels of a sample are one observation: the standard error of the gain is that over the samples. Temperature scaling is that of Guo,
/// Pleiss, Sun and Weinberger, 'On calibration of modern neural networks', ICML 2017, section 4.2, with a sigmoid in the place of the
/// softmax.
/// </remarks>
/// <param name="Temperature">
/// The divisor, from <see cref="TemperatureCalibration.MinTemperature"/> to <see cref="TemperatureCalibration.MaxTemperature"/>; above 1
/// for a network that is too sure.
/// </param>
/// <param name="Before">The network as it is, on the samples, with thresholds of one half.</param>
/// <param name="After">The same at that temperature: on the samples that it was chosen on, so a little too good.</param>
public sealed record MultiLabelCalibration(double Temperature, MultiLabelMetrics Before, MultiLabelMetrics After)
{
    /// <summary>What is to be known of the choice: fewer than 100 samples, or a temperature at a bound. Null: nothing.</summary>
    public string? Warning => TemperatureChoice.Warning(Before.Count, Temperature);

    /// <summary>Runs the network over all rows, and chooses.</summary>
    /// <param name="network">The network, on its device; it stays as it is.</param>
    /// <param name="source">Rows with the network's classes that it was not trained on, which may have several labels.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="ArgumentException">The rows have one label each.</exception>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    /// <exception cref="ArithmeticException">The network's output is not a number.</exception>
    /// <example><code>
    /// var calibration = MultiLabelCalibration.Fit(network, validation);
    /// Console.WriteLine($"T = {calibration.Temperature:F2}");
    /// </code></example>
    public static MultiLabelCalibration Fit(
        ImageNetwork network, IImageSource source, int batchSize = 128, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Fit(Evaluator.LabelScores(network, source, batchSize, features: null, cancellationToken), source.ClassNames);
    }

    /// <summary>The same from logits and labels.</summary>
    internal static MultiLabelCalibration Fit(MultiLabelScores scores, IReadOnlyList<string> classNames)
    {
        var before = scores.ToMetrics(classNames, thresholds: null);
        var temperature = Choose(scores);
        return new(temperature, before, scores.Soften(temperature).ToMetrics(classNames, thresholds: null));
    }

    /// <summary>
    /// The slope of the negative logarithm of the posterior is sum(z (s(bz) - y)) + (prior / n) sum(z (s(bz) - s(z))) over samples and
    /// classes, where s is the sigmoid and y 1 for a label and 0 otherwise.
    /// </summary>
    internal static double Choose(MultiLabelScores scores)
    {
        var prior = (double)TemperatureChoice.PriorSamples / scores.Count;
        var target = scores.Logits.Sum(row => row.Logits.Zip(row.Has, (z, has) => (has ? z : 0) + prior * z * Sigmoid(z)).Sum());
        return TemperatureChoice.Find(
            inverse => (1 + prior) * scores.Logits.Sum(row => row.Logits.Sum(z => z * Sigmoid(inverse * z))) - target,
            inverse => scores.Logits.Select(row => Gains(row.Logits, row.Has, inverse)));
    }

    // Against a softer network speaks a sample on which it is right of all classes, against a surer one a class that it is wrong of.
    private static (double Gain, double Against) Gains(double[] logits, bool[] has, double inverse)
    {
        var (gain, against) = (0.0, 0.0);
        for (var k = 0; k < logits.Length; k++)
        {
            gain += GainOf(has[k] ? logits[k] : -logits[k], inverse);
            against += inverse < 1 ? GainOf(Math.Abs(logits[k]), inverse) : GainOf(-Math.Abs(logits[k]), inverse) / logits.Length;
        }

        return (gain, against);
    }

    // By how much the logarithm of the sigmoid rises.
    private static double GainOf(double z, double inverse) => Softplus(-z) - Softplus(-inverse * z);

    private static double Softplus(double z) => Math.Max(z, 0) + Math.Log(1 + Math.Exp(-Math.Abs(z)));

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));
}
