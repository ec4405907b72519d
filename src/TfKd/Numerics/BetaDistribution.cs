namespace TfKd;

/// <summary>Random numbers of the symmetric beta distribution.</summary>
internal static class BetaDistribution
{
    /// <summary>
    /// Draws from Beta(alpha, alpha): X / (X + Y) for two gamma variates, by their logarithms, which a small alpha cannot make 0 both.
    /// </summary>
    public static double Draw(Random random, double alpha)
    {
        var (x, y) = (LogGamma(random, alpha), LogGamma(random, alpha));
        return 1 / (1 + Math.Exp(y - x));
    }

    /// <summary>Draws from the symmetric Dirichlet distribution: numbers that add up to 1.</summary>
    public static double[] DrawDirichlet(Random random, double alpha, int count)
    {
        var logarithms = Enumerable.Range(0, count).Select(_ => LogGamma(random, alpha)).ToArray();
        var most = logarithms.Max();
        var parts = Array.ConvertAll(logarithms, value => Math.Exp(value - most));
        var sum = parts.Sum();
        return Array.ConvertAll(parts, part => part / sum);
    }

    /// <summary>
    /// The logarithm of a gamma variate. Marsaglia and Tsang, 'A Simple Method for Generating Gamma Variables', ACM TOMS 2000; below 1 by
    /// their note that G(a) = G(a + 1) U^(1/a).
    /// </summary>
    private static double LogGamma(Random random, double alpha)
    {
        if (alpha < 1)
            return LogGamma(random, alpha + 1) + Math.Log(1 - random.NextDouble()) / alpha;
        var d = alpha - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var normal = Normal(random);
            var v = Math.Pow(1 + c * normal, 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < normal * normal / 2 + d - d * v + d * Math.Log(v))
                return Math.Log(d * v);
        }
    }

    /// <summary>By the method of Box and Muller.</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
