namespace TfKd;

/// <summary>
/// The softmax of one sample's logits in double precision and without Torch, for figures and files. The largest logit is subtracted first,
/// so no sum overflows and none is below 1. A logit of minus infinity has the probability 0. Where a logit is not a number or plus
/// infinity, or all are minus infinity, the results are not numbers.
/// </summary>
internal static class SpanSoftmax
{
    /// <summary>The softened probabilities exp(z / T) / sum of exp(z / T).</summary>
    /// <param name="logits">z, at least one.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <param name="probabilities">As long as the logits.</param>
    public static void Of(ReadOnlySpan<float> logits, double temperature, Span<double> probabilities)
    {
        var largest = Largest(logits);
        var sum = 0.0;
        for (var k = 0; k < logits.Length; k++)
            sum += probabilities[k] = Math.Exp((logits[k] - largest) / temperature);
        for (var k = 0; k < logits.Length; k++)
            probabilities[k] /= sum;
    }

    /// <summary>Where the largest logit is; of equal ones the first.</summary>
    public static int ArgMax(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var k = 1; k < logits.Length; k++)
            best = logits[k] > logits[best] ? k : best;
        return best;
    }

    /// <summary>The largest logit, and the sum of exp(z - largest): 1 divided by the largest probability.</summary>
    public static (double Largest, double Sum) Partition(ReadOnlySpan<float> logits)
    {
        var largest = Largest(logits);
        var sum = 0.0;
        foreach (var logit in logits)
            sum += Math.Exp(logit - largest);
        return (largest, sum);
    }

    /// <summary>The logarithm of the sum of exp(z): what a logit is above the logarithm of its probability.</summary>
    public static double LogSumExp(ReadOnlySpan<float> logits)
    {
        var (largest, sum) = Partition(logits);
        return largest + Math.Log(sum);
    }

    /// <summary>
    /// The mean of the logits under their own softmax: sum of p z, with p = softmax(b z). The slope of log(sum of exp(b z)) in b.
    /// </summary>
    /// <param name="logits">z, at least one, all finite.</param>
    /// <param name="inverseTemperature">b, 0 or above.</param>
    public static double MeanLogit(ReadOnlySpan<float> logits, double inverseTemperature)
    {
        var largest = Largest(logits);
        var (sum, weighted) = (0.0, 0.0);
        foreach (var logit in logits)
        {
            var weight = Math.Exp((logit - largest) * inverseTemperature);
            sum += weight;
            weighted += weight * logit;
        }

        return weighted / sum;
    }

    private static double Largest(ReadOnlySpan<float> logits)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits)
            largest = Math.Max(largest, logit);
        return largest;
    }
}
