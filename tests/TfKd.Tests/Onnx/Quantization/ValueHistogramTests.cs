using TorchSharp;

namespace TfKd.Tests;

public sealed class ValueHistogramTests
{
    [Fact]
    public void A_range_has_zero_in_it_and_an_integer_that_is_zero()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var (low, high) = (random.NextDouble() * 20 - 10, random.NextDouble() * 20 - 10);
            var histogram = Of([.. Enumerable.Range(0, 500).Select(_ => low + (high - low) * random.NextDouble())]);
            var (extremes, range) = (histogram.Extremes, histogram.Choose());
            Assert.InRange(range.Low, extremes.Low, 0);
            Assert.InRange(range.High, 0, extremes.High);
            Assert.True(range.Scale > 0);
            // The ends are within half a step of the lowest and the highest integer, and nothing is added to 0 when it comes back.
            Assert.InRange((0 - range.ZeroPoint) * (double)range.Scale, range.Low - 0.51 * range.Scale, range.Low + 0.51 * range.Scale);
            Assert.InRange((255 - range.ZeroPoint) * (double)range.Scale, range.High - 0.51 * range.Scale, range.High + 0.51 * range.Scale);
        }
    }

    // However values come in, the range is that of the least error of the values themselves, among the hundredths of the ends.
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(400)]
    public void The_range_is_that_of_the_least_squared_error(int batches)
    {
        var random = new Random(7);
        // Zeros first, then small values on both sides, one far beyond them at the end.
        double[] values =
        [
            .. Enumerable.Repeat(0.0, 100), .. Enumerable.Range(0, 200_000).Select(i => random.NextDouble() * (1 + i / 1e5) / 3 - 0.2), 1.0,
        ];
        values = Array.ConvertAll(values, value => (double)(float)value);
        var histogram = Of([.. values.Chunk((values.Length + batches - 1) / batches)]);
        Assert.Equal(new ActivationRange(values.Min(), values.Max()), histogram.Extremes);
        var least = Enumerable.Range(1, 100).Min(step =>
            Error(values, histogram.Extremes with { High = histogram.Extremes.High * step / 100 }));
        Assert.True(least < 0.9 * Error(values, histogram.Extremes), "cutting off brings nothing");
        Assert.True(Error(values, histogram.Choose()) <= 1.01 * least);
    }

    [Fact]
    public void Values_that_are_all_zero_have_a_range_of_nothing() =>
        Assert.Equal(new ActivationRange(0, 0), Of([0.0, 0.0], [0.0]).Choose());

    private static ValueHistogram Of(params double[][] batches)
    {
        var histogram = new ValueHistogram();
        foreach (var batch in batches)
        {
            using var values = torch.tensor(Array.ConvertAll(batch, value => (float)value));
            histogram.Add(values, values.min().item<float>(), values.max().item<float>());
        }

        return histogram;
    }

    private static double Error(double[] values, ActivationRange range)
    {
        var scale = (range.High - range.Low) / 255;
        return values.Sum(value => Math.Pow(Math.Max(Math.Max(range.Low - value, value - range.High), 0), 2) is > 0 and var beyond
            ? beyond : scale * scale / 12);
    }

    [Theory]
    [InlineData(0, 6, 0)]
    [InlineData(-1, 0, 255)]
    [InlineData(-1, 3, 64)]
    [InlineData(2, 4, 0)]
    [InlineData(0, 0, 0)]
    public void The_integer_of_zero(double low, double high, byte expected) =>
        Assert.Equal(expected, ActivationRange.Of(low, high).ZeroPoint);
}
