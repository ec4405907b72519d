using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TfKd.Tests;

[Collection(ProcessWideState.Name)]
public sealed class ComputePathTests
{
    private static readonly ComputePath _channelsLast = new(MemoryLayout.ChannelsLast, OneDnn: true);

    public ComputePathTests() => TorchRuntime.EnsureLoaded();

    [Fact]
    public void Arrange_changes_the_order_in_memory_and_nothing_else()
    {
        using var images = arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5);

        using var last = _channelsLast.Arrange(images);
        using var back = ComputePath.Default.Arrange(last);

        Assert.Equal([60, 1, 15, 3], last.stride());
        Assert.Equal(images.stride(), back.stride());
        Assert.Equal(images.shape, last.shape);
        Assert.True(images.Equals(last) && images.Equals(back));
        Assert.False(images.IsInvalid);
    }

    [Fact]
    public void Prepare_keeps_the_parameters_and_their_values()
    {
        using var network = Sequential(Conv2d(3, 4, 3), BatchNorm2d(4), Flatten(), Linear(4, 2));
        var parameters = network.parameters().ToArray();
        var values = parameters.Select(parameter => parameter.detach().clone()).ToArray();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        _channelsLast.Prepare(network);
        Assert.Equal([27, 1, 9, 3], parameters[0].stride());
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        Assert.All(network.parameters().Zip(parameters), pair => Assert.Same(pair.Second, pair.First));
        Assert.All(parameters.Zip(values), pair => Assert.True(pair.First.requires_grad && pair.First.detach().Equals(pair.Second)));
        ComputePath.Default.Prepare(network);
        Assert.True(parameters[0].is_contiguous());
        Assert.All(parameters.Zip(values), pair => Assert.True(pair.First.detach().Equals(pair.Second)));
    }

    [Fact]
    public void Gradient_and_momentum_follow_the_layout()
    {
        using var network = Sequential(Conv2d(3, 4, 3, padding: 1), ReLU());
        _channelsLast.Prepare(network);
        using var optimizer = optim.SGD(network.parameters(), 0.1, momentum: 0.9);
        for (var step = 0; step < 2; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            network.call(_channelsLast.Arrange(randn(2, 3, 5, 5))).sum().backward();
            optimizer.step();
        }

        Assert.Equal([27, 1, 9, 3], network.parameters().First().stride());
        Assert.Equal([27, 1, 9, 3], network.parameters().First().grad!.stride());
    }

    [Fact]
    public void Enter_switches_and_what_it_returns_switches_back()
    {
        if (!OneDnn.CanSwitch)
            Assert.Skip("This build of libtorch has no switch for oneDNN.");
        Assert.True(OneDnn.Enabled);
        using (ComputePath.Trusted.Enter())
        {
            Assert.False(OneDnn.Enabled);
            using (ComputePath.Default.Enter())
                Assert.True(OneDnn.Enabled);
            Assert.False(OneDnn.Enabled);
        }
        Assert.True(OneDnn.Enabled);
    }

    [Fact]
    public void Text_names_layout_and_kernels()
    {
        Assert.Equal("channels-last with oneDNN", _channelsLast.ToString());
        Assert.Equal("contiguous without oneDNN", ComputePath.Trusted.ToString());
    }
}
