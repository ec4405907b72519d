using System.Globalization;
using MathNet.Numerics.Distributions;

namespace TeacherFreeCifar;

/// <summary>Mean and sample standard deviation of a few numbers.</summary>
internal readonly record struct Statistics(int Count, double Mean, double Deviation)
{
    public static Statistics Of(IReadOnlyCollection<double> values)
    {
        var mean = values.Average();
        return new(
            values.Count,
            mean,
            values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)));
    }

    /// <summary>Half the width of the mean's 95 % confidence interval; NaN for a single number.</summary>
    public double Margin => Count < 2 ? double.NaN : StudentT.InvCDF(0, 1, Count - 1, 0.975) * Deviation / Math.Sqrt(Count);

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
