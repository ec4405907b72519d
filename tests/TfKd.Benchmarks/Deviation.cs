namespace TfKd.Benchmarks;

/// <summary>The standard deviation of a sample, by one less than its number of values; 0 of a single one.</summary>
internal static class Deviation
{
    public static double Of(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => Math.Pow(value - mean, 2)) / Math.Max(values.Count - 1, 1));
    }
}
