namespace TfKd.Tests;

/// <summary>The softmax on spans against one in decimal arithmetic, which has 28 digits.</summary>
public sealed class SpanSoftmaxTests
{
    public static TheoryData<float[], double> Cases => new()
    {
        { [0], 1 },
        { [1, 2, 3], 1 },
        { [1, 2, 3], 4 },
        { [-3.5f, 0.25f, 12.75f, 12.75f], 0.5 },
        { [30, -20, 5.5f, 7.25f, 0], 20 },
        { [1000, 1001, 990], 1 },
        { [-1000, -1001, -990], 2 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Probabilities_and_sums_are_those_of_a_softmax_of_more_digits(float[] logits, double temperature)
    {
        var actual = Softened(logits, temperature);
        var expected = Expected(logits, temperature);
        Assert.All(expected.Zip(actual), pair => Assert.Equal((double)pair.First, pair.Second, 1e-15));
        Assert.Equal(1, actual.Sum(), 1e-15);

        var plain = Expected(logits, 1);
        var (largest, sum) = SpanSoftmax.Partition(logits);
        Assert.Equal(logits.Max(), largest);
        Assert.Equal((double)(1 / plain.Max()), sum, 1e-14 * sum);
        // A logit is the logarithm of its probability and that sum: the largest one's is known best.
        Assert.Equal(largest - Math.Log((double)plain.Max()), SpanSoftmax.LogSumExp(logits), 1e-14 * Math.Max(1, Math.Abs(largest)));
        var mean = expected.Zip(logits, (probability, logit) => probability * (decimal)logit).Sum();
        Assert.Equal((double)mean, SpanSoftmax.MeanLogit(logits, 1 / temperature), 1e-14 * Math.Max(1, Math.Abs(largest)));
    }

    [Fact]
    public void Large_gaps_neither_overflow_nor_lose_the_largest()
    {
        Assert.Equal([1, 0], Softened([float.MaxValue, float.MinValue], 1));
        Assert.Equal([0.5, 0.5], Softened([float.MaxValue, float.MaxValue], 1e-3));
        Assert.Equal(float.MinValue + Math.Log(2), SpanSoftmax.LogSumExp([float.MinValue, float.MinValue]));
        Assert.Equal(Math.Exp(-600), Softened([0, -600], 1)[1], 1e-15 * Math.Exp(-600));
    }

    [Fact]
    public void Minus_infinity_is_a_probability_of_0_and_what_is_no_number_stays_none()
    {
        Assert.Equal([0, 0.5, 0.5], Softened([float.NegativeInfinity, 2, 2], 3));
        Assert.Equal(Math.Log(2), SpanSoftmax.LogSumExp([float.NegativeInfinity, 0, 0]));
        Assert.Equal((2, 1), SpanSoftmax.Partition([float.NegativeInfinity, 2]));
        foreach (var logits in (float[][])[[float.NaN, 1], [float.PositiveInfinity, 1], [float.NegativeInfinity, float.NegativeInfinity]])
        {
            Assert.Contains(double.NaN, Softened(logits, 1));
            Assert.Equal(double.NaN, SpanSoftmax.LogSumExp(logits));
        }
    }

    private static double[] Softened(float[] logits, double temperature)
    {
        var result = new double[logits.Length];
        SpanSoftmax.Of(logits, temperature, result);
        return result;
    }

    private static decimal[] Expected(float[] logits, double temperature)
    {
        decimal[] powers = [.. logits.Select(logit => Exp(((decimal)logit - (decimal)logits.Max()) / (decimal)temperature))];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    /// <summary>By its series, for x of 0 or below; of a fraction so small that it ends soon, squared as often as it was halved.</summary>
    private static decimal Exp(decimal x)
    {
        var halvings = 0;
        for (; x < -0.5m; x /= 2)
            halvings++;
        var (sum, term) = (1m, 1m);
        for (var n = 1; n < 40; n++)
            sum += term *= x / n;
        for (; halvings > 0; halvings--)
            sum *= sum;
        return sum;
    }
}
