namespace TfKd.Tests;

/// <summary>The law of integers with a scale, in plain numbers.</summary>
public sealed class ChannelWeightsTests
{
    [Theory]
    [InlineData(ChannelWeights.Limit, false)]
    [InlineData(ChannelWeights.Limit, true)]
    [InlineData(ChannelWeights.ReducedLimit, false)]
    public void A_weight_is_within_half_a_scale_of_its_integer(int limit, bool isLast)
    {
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            var (channels, size) = (random.Next(1, 9), random.Next(1, 40));
            var spread = Math.Pow(10, random.Next(-6, 4));
            var weights = Enumerable.Range(0, channels * size).Select(_ => (float)((random.NextDouble() - 0.5) * spread)).ToArray();
            var integers = ChannelWeights.Of(weights, new double[channels], isLast, limit);
            for (var i = 0; i < weights.Length; i++)
            {
                var scale = integers.Scales[isLast ? i % channels : i / size];
                Assert.InRange(integers.Values[i], -limit, limit);
                Assert.InRange(Math.Abs(weights[i] - (double)scale * integers.Values[i]), 0, scale * 0.50001);
            }

            for (var channel = 0; channel < channels; channel++)
            {
                var largest = Enumerable.Range(0, weights.Length).Where(i => (isLast ? i % channels : i / size) == channel)
                    .Max(i => Math.Abs((int)integers.Values[i]));
                Assert.Equal(limit, largest);
            }
        }
    }

    [Fact]
    public void Zero_is_zero_and_a_channel_of_zeros_has_a_scale()
    {
        var integers = ChannelWeights.Of([0, 0, 0.5f, 0], [0, 0], isLast: false, ChannelWeights.Limit);
        Assert.Equal([0, 0, 127, 0], integers.Values);
        Assert.All(integers.Scales, scale => Assert.True(scale > 0));
    }

    [Fact]
    public void A_scale_is_no_smaller_than_the_bias_needs_it() =>
        Assert.Equal([0.25f, 0.5f / 127], ChannelWeights.Of([0.5f, 0.5f], [0.25, 0], isLast: false, ChannelWeights.Limit).Scales);
}
