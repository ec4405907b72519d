namespace TfKd.Tests;

/// <summary>
/// Draws against the distribution functions that have a closed form: mean and deviation alone are those of other distributions, too.
/// </summary>
public sealed class BetaDistributionTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Draws_are_distributed_as_their_distribution_function_says(double alpha)
    {
        const int Draws = 20000;
        var random = new Random(3);
        var shares = Enumerable.Range(0, Draws).Select(_ => BetaDistribution.Draw(random, alpha)).Order().ToArray();

        // The largest distance of Kolmogorov and Smirnov, which is below 1.95 / sqrt(n) in 999 of 1000 samples.
        var distance = shares.Select((share, i) => Math.Abs(Expected(alpha, share) - (i + 0.5) / Draws)).Max();

        Assert.InRange(distance, 0, 1.95 / Math.Sqrt(Draws));
    }

    private static double Expected(double alpha, double x) => alpha switch
    {
        0.5 => 2 / Math.PI * Math.Asin(Math.Sqrt(x)),
        1 => x,
        2 => x * x * (3 - 2 * x),
        _ => x * x * x * (10 - 15 * x + 6 * x * x),
    };
}
