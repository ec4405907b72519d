namespace TfKd;

/// <summary>
/// Temperature scaling: the logits of a trained network are divided by one number, chosen for the lowest negative log-likelihood on rows
/// that it was not trained on. Which class is the most probable does not change, how probable it is does (Guo, Pleiss, Sun and Weinberger,
/// 'On calibration of modern neural networks', ICML 2017, section 4.2).
/// </summary>
/// <param name="Temperature">
/// The divisor, from <see cref="MinTemperature"/> to <see cref="MaxTemperature"/>; above 1 for a network that is too sure.
/// </param>
/// <param name="Before">The network as it is, on the rows.</param>
/// <param name="After">The same at that temperature: on the rows that it was chosen on, so a little too good.</param>
public sealed record TemperatureCalibration(double Temperature, ClassificationMetrics Before, ClassificationMetrics After)
{
    /// <summary>The lowest temperature. Rows that are all right ask for one without bounds.</summary>
    public const double MinTemperature = 0.25;

    /// <summary>The highest temperature.</summary>
    public const double MaxTemperature = 20;

    private const int Steps = 100;

    /// <summary>Runs the network over all rows, and chooses.</summary>
    /// <param name="network">The network, on its device; it stays as it is.</param>
    /// <param name="source">Rows with the network's classes that it was not trained on.</param>
    /// <param name="batchSize">Rows a forward pass. Default 128.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    /// <exception cref="ArithmeticException">The network's output is not a number.</exception>
    public static TemperatureCalibration Fit(
        ImageNetwork network, IImageSource source, int batchSize = 128, CancellationToken cancellationToken = default)
    {
        var rows = Evaluator.Answers(network, source, batchSize, features: null, cancellationToken).ToList();
        var before = Measure(rows, 1);
        var temperature = Choose(rows);
        return new(temperature, before, Measure(rows, temperature));
    }

    /// <summary>
    /// The temperature of the lowest negative log-likelihood. In b = 1 / T that is convex, with the slope mean(sum of p_k z_k - z_y), so
    /// halving the interval finds the place where the slope changes its sign.
    /// </summary>
    internal static double Choose(IReadOnlyList<(float[] Logits, int Label)> rows)
    {
        var (low, high) = (1 / MaxTemperature, 1 / MinTemperature);
        for (var step = 0; step < Steps; step++)
        {
            var middle = (low + high) / 2;
            if (rows.Sum(row => SpanSoftmax.MeanLogit(row.Logits, middle) - row.Logits[row.Label]) > 0)
                high = middle;
            else
                low = middle;
        }

        return Math.Clamp(2 / (low + high), MinTemperature, MaxTemperature);
    }

    private static ClassificationMetrics Measure(List<(float[] Logits, int Label)> rows, double temperature)
    {
        var metrics = new MetricsAccumulator();
        foreach (var (logits, label) in rows)
            metrics.Add(Array.ConvertAll(logits, logit => (float)(logit / temperature)), label);
        return metrics.ToMetrics();
    }
}
