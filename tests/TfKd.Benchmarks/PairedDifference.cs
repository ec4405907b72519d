using System.Globalization;
using MathNet.Numerics.Distributions;

namespace TfKd.Benchmarks;

/// <summary>What one way has beyond another on the same folds.</summary>
/// <param name="Mean">Of the differences.</param>
/// <param name="Margin">Half the width of their 95 % interval; NaN of a single fold.</param>
/// <remarks>
/// Folds train on nearly the same photos, so their results are no independent ones: to the share of a fold in the variance of the mean the
/// photos held out by those that are not are added, with or without a label. Nadeau and Bengio, 'Inference for the generalization error', Machine Learning 52, 2003.
/// </remarks>
internal readonly record struct PairedDifference(double Mean, double Margin)
{
    /// <param name="values">Of one way, fold by fold.</param>
    /// <param name="others">Of the other.</param>
    /// <param name="folds">Parts of a division, one of which is held out.</param>
    public static PairedDifference Of(IEnumerable<double> values, IEnumerable<double> others, int folds)
    {
        double[] differences = [.. values.Zip(others, (value, other) => value - other)];
        if (differences.Length < 2)
            return new(differences[0], double.NaN);
        var perTrained = 1.0 / (folds - 1);
        return new(
            differences.Average(),
            StudentT.InvCDF(0, 1, differences.Length - 1, 0.975) * Deviation.Of(differences)
                * Math.Sqrt(1.0 / differences.Length + perTrained));
    }

    /// <summary>The difference and its interval.</summary>
    /// <param name="format">Of both, without a sign: <c>0.0</c>.</param>
    /// <param name="scale">What both are multiplied with.</param>
    public string Text(string format, double scale = 1) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(scale * Mean).ToString($"+{format};-{format};{format}", CultureInfo.InvariantCulture)} ± {(scale * Margin).ToString(format, CultureInfo.InvariantCulture)}");
}
