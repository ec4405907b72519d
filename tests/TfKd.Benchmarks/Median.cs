namespace TfKd.Benchmarks;

/// <summary>What is told of several rounds: on a machine that others use, a mean is that of its interruptions.</summary>
internal static class Median
{
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
