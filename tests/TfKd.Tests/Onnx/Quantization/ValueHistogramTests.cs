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
            var extremes = ActivationRange.Of(Math.Min(low, high), Math.Max(low, high));
            var counts = Enumerable.Range(0, ValueHistogram.BinCount).Select(_ => Math.Floor(10 * random.NextDouble())).ToArray();
            var range = new ValueHistogram(extremes, counts).Choose();
            Assert.InRange(range.Low, extremes.Low, 0);
            Assert.InRange(range.High, 0, extremes.High);
            Assert.True(range.Scale > 0);
            // The ends are within half a step of the lowest and the highest integer, and nothing is added to 0 when it comes back.
            Assert.InRange((0 - range.ZeroPoint) * (double)range.Scale, range.Low - 0.51 * range.Scale, range.Low + 0.51 * range.Scale);
            Assert.InRange((255 - range.ZeroPoint) * (double)range.Scale, range.High - 0.51 * range.Scale, range.High + 0.51 * range.Scale);
        }
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
