using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Splitting and shuffling of channels.</summary>
public sealed class ChannelLayerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0, 2, new[] { 0, 1, 2 })]
    [InlineData(1, 2, new[] { 3, 4, 5 })]
    [InlineData(1, 3, new[] { 2, 3 })]
    [InlineData(0, 1, new[] { 0, 1, 2, 3, 4, 5 })]
    public void Split_returns_the_range_and_its_gradient(int part, int parts, int[] channels)
    {
        var input = randn(2, 6, 3, 5).requires_grad_();
        using var layer = new ChannelSplit(part, parts);
        var output = layer.call(input);
        Assert.True(output.equal(input.index_select(1, tensor(channels))).all().item<bool>());
        output.sum().backward();
        for (var channel = 0; channel < 6; channel++)
            Assert.True(input.grad!.select(1, channel).eq(channels.Contains(channel) ? 1 : 0).all().item<bool>());
    }

    [Theory]
    [InlineData(2, new[] { 0, 3, 1, 4, 2, 5 })]
    [InlineData(3, new[] { 0, 2, 4, 1, 3, 5 })]
    [InlineData(6, new[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(1, new[] { 0, 1, 2, 3, 4, 5 })]
    public void Shuffle_takes_the_channels_of_the_groups_by_turns(int groups, int[] order)
    {
        var input = randn(2, 6, 3, 5);
        using var layer = new ChannelShuffle(groups);
        var expected = input.index_select(1, tensor(order));
        Assert.True(layer.call(input).equal(expected).all().item<bool>());
        var channelsLast = input.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Assert.True(layer.call(channelsLast).equal(expected).all().item<bool>());
    }

    [Fact]
    public void Layers_leave_one_tensor_behind()
    {
        var input = randn(2, 6, 3, 5);
        using var split = new ChannelSplit(1);
        using var shuffle = new ChannelShuffle(3);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        split.call(input);
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        shuffle.call(input);
        Assert.Equal(before + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Channels_that_do_not_divide_are_refused()
    {
        using var split = new ChannelSplit(1);
        using var shuffle = new ChannelShuffle(3);
        Assert.StartsWith(
            "input must have shape [N,C,H,W] with channels that divide by 2, but has [1,5,4,4].",
            Assert.Throws<ArgumentException>(() => split.call(zeros(1, 5, 4, 4))).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "input must have shape [N,C,H,W] with channels that divide by 3, but has [1,6].",
            Assert.Throws<ArgumentException>(() => shuffle.call(zeros(1, 6))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    public void Part_outside_the_parts_is_refused(int part, int parts) =>
        Assert.Equal("part", Assert.Throws<ArgumentOutOfRangeException>(() => new ChannelSplit(part, parts)).ParamName);

    [Fact]
    public void No_groups_are_refused() =>
        Assert.Equal("groups", Assert.Throws<ArgumentOutOfRangeException>(() => new ChannelShuffle(0)).ParamName);
}
