namespace TfKd;

/// <summary>
/// How well a classifier does that may decline to answer: on how many samples it answers, and how often it is then right (El-Yaniv and
/// Wiener, 'On the foundations of noise-free selective classification', JMLR 2010).
/// </summary>
/// <param name="Count">Number of samples.</param>
/// <param name="AcceptedCount">How many of them are given a class.</param>
/// <param name="RightCount">How many are given the right one.</param>
public sealed record SelectiveMetrics(int Count, int AcceptedCount, int RightCount)
{
    /// <summary>How many samples are rejected.</summary>
    public int RejectedCount => Count - AcceptedCount;

    /// <summary>Fraction of the samples that is given a class; NaN without samples.</summary>
    public double Coverage => (double)AcceptedCount / Count;

    /// <summary>Fraction of the samples with a class that have the right one; NaN where all are rejected.</summary>
    public double SelectiveAccuracy => (double)RightCount / AcceptedCount;

    /// <summary>Fraction of all samples that is given the right class: one that is rejected counts as wrong.</summary>
    public double Accuracy => (double)RightCount / Count;

    /// <summary>The figures of samples that are rejected where their confidence is below a threshold.</summary>
    internal static SelectiveMetrics Of(IEnumerable<(double Confidence, bool IsRight)> samples, double threshold)
    {
        var (count, accepted, right) = (0, 0, 0);
        foreach (var (confidence, isRight) in samples)
        {
            count++;
            if (confidence < threshold)
                continue;
            accepted++;
            right += isRight ? 1 : 0;
        }

        return new(count, accepted, right);
    }
}
