using System.Globalization;

namespace TeacherFreeCifar;

/// <summary>Mean and sample standard deviation of a few numbers.</summary>
internal readonly record struct Statistics(int Count, double Mean, double Deviation)
{
    // Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom.
    private static readonly double[] _quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

    public static Statistics Of(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return new(
            values.Count,
            mean,
            values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)));
    }

    /// <summary>Half the width of the mean's 95 % confidence interval; NaN for a single number.</summary>
    public double Margin => Count < 2 ? double.NaN : _quantiles[Math.Min(Count - 2, _quantiles.Length - 1)] * Deviation / Math.Sqrt(Count);

    /// <summary>Whether the interval leaves out 0.</summary>
    public bool IsBeyondNoise => Math.Abs(Mean) > Margin;

    /// <summary>The mean, and the deviation where there is one.</summary>
    /// <param name="format">The mean's format.</param>
    /// <param name="scale">What both are multiplied with.</param>
    public string Text(string format, double scale = 1)
    {
        var mean = (Mean * scale).ToString(format, CultureInfo.InvariantCulture);
        return Count < 2
            ? mean
            : $"{mean} ± {(Deviation * scale).ToString(format.TrimStart('+').Split(';')[0], CultureInfo.InvariantCulture)}";
    }
}
