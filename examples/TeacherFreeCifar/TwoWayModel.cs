using MathNet.Numerics.Distributions;

namespace TeacherFreeCifar;

/// <summary>
/// Figures of several methods with the same seeds, as a method's part, a seed's part and chance: y = a + m + s + e. What chance does is
/// estimated from all methods together, with (M - 1)(S - 1) degrees of freedom, and is the same for all.
/// </summary>
internal sealed class TwoWayModel
{
    private readonly double[][] _figures;

    /// <param name="figures">Of each method, one a seed, in the same order; the first method is what others are compared with.</param>
    /// <exception cref="ArgumentException">There are fewer than two methods or two seeds, or methods of different numbers.</exception>
    public TwoWayModel(IEnumerable<IEnumerable<double>> figures)
    {
        _figures = [.. figures.Select(one => one.ToArray())];
        if (_figures.Length < 2 || _figures[0].Length < 2 || _figures.Any(one => one.Length != _figures[0].Length))
            throw new ArgumentException("Expected at least two methods with the same seeds, at least two.", nameof(figures));
        var seeds = _figures[0].Length;
        var all = _figures.Average(one => one.Average());
        var ofSeeds = Enumerable.Range(0, seeds).Select(seed => _figures.Average(one => one[seed]) - all).ToArray();
        var rest = _figures.Sum(one => one.Select((value, seed) => value - one.Average() - ofSeeds[seed]).Sum(error => error * error));
        DegreesOfFreedom = (_figures.Length - 1) * (seeds - 1);
        StandardError = Math.Sqrt(2 * rest / DegreesOfFreedom / seeds);
    }

    public int DegreesOfFreedom { get; }

    /// <summary>Of each gain.</summary>
    public double StandardError { get; }

    /// <summary>How much each method but the first has more than that, in the order of the methods.</summary>
    public IReadOnlyList<double> Gains => [.. _figures.Skip(1).Select(one => one.Average() - _figures[0].Average())];

    /// <summary>Half of the width of a gain's 95 % interval, of one comparison alone.</summary>
    public double Margin => StandardError * StudentT.InvCDF(0, 1, DegreesOfFreedom, 0.975);

    /// <summary>
    /// How likely gains as far from 0 are by chance, each adjusted for all comparisons by Holm's method (1979): below 0.05 for some only
    /// with a chance of 0.05 where none is real.
    /// </summary>
    public IReadOnlyList<double> AdjustedProbabilities()
    {
        var plain = Gains.Select(Probability).ToArray();
        var (adjusted, highest) = (new double[plain.Length], 0.0);
        int[] order = [.. Enumerable.Range(0, plain.Length).OrderBy(index => plain[index])];
        for (var place = 0; place < order.Length; place++)
        {
            highest = Math.Max(highest, Math.Min(1, (plain.Length - place) * plain[order[place]]));
            adjusted[order[place]] = highest;
        }

        return adjusted;
    }

    private double Probability(double gain) => StandardError == 0
        ? (gain == 0 ? 1 : 0)
        : 2 * StudentT.CDF(0, 1, DegreesOfFreedom, -Math.Abs(gain) / StandardError);
}
