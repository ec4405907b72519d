using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class ImageNetworkTests
{
    [Fact]
    public void Normalisation_is_no_part_of_the_state_dict_nor_of_the_parameters()
    {
        using var network = new SmallCnn().Build(2);
        Assert.DoesNotContain(network.state_dict().Keys, key => key.StartsWith("normalize", StringComparison.Ordinal));
        Assert.Equal(network.Body.state_dict().Keys.Order(), network.state_dict().Keys.Select(key => key["body.".Length..]).Order());
    }

    [Fact]
    public void Images_are_normalised_before_the_body_sees_them()
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new SmallCnn(), 4);
        var images = TestNetworks.Pixels(2, network.Architecture.InputShape);
        var statistics = network.Normalization.Statistics;
        var byHand =
            (images.to(ScalarType.Float64) / 255 - tensor(statistics.Mean.ToArray()).view(1, 3, 1, 1)) / tensor(statistics.Std.ToArray()).view(
                1, 3, 1, 1);
        var expected = network.Body.call(byHand.to(ScalarType.Float32));
        Assert.True(network.call(images).allclose(expected, 1e-4, 1e-4));
        Assert.True(network.call(images.to(ScalarType.Float32)).equal(network.call(images)).all().item<bool>());
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-12)]
    [InlineData(ScalarType.BFloat16, 1e-2)]
    [InlineData(ScalarType.Float16, 1e-3)]
    public void Normalisation_follows_the_network_to_another_precision(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(new SmallCnn(), 4);
        network.to(type);
        var images = TestNetworks.Pixels(1, network.Architecture.InputShape);
        var normalized = network.Normalization.call(images);
        Assert.Equal(type, normalized.dtype);
        var statistics = network.Normalization.Statistics;
        var expected =
            (images.to(ScalarType.Float64) / 255 - tensor(statistics.Mean.ToArray()).view(1, 3, 1, 1)) / tensor(statistics.Std.ToArray()).view(
                1, 3, 1, 1);
        Assert.InRange((normalized.to(ScalarType.Float64) - expected).abs().max().item<double>(), 0, tolerance);
        Assert.Equal(type, network.call(images).dtype);
    }

    [Fact]
    public void Normalisation_refuses_images_of_another_number_of_channels()
    {
        using var images = zeros(1, 1, 8, 8);
        using var layer = new Normalize(3);
        var error = Assert.Throws<ArgumentException>(() => layer.call(images));
        Assert.StartsWith("images must have shape [N,3,H,W], but have [1,1,8,8].", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(() => layer.Set(new ChannelStatistics([0.5], [0.2])));
        Assert.StartsWith("The statistics are of 1 channels, but the network takes 3.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Network_outlives_the_scope_it_is_built_in_and_disposes_all_it_has(int index)
    {
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        var architecture = TestNetworks.All[index];
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ImageNetwork network;
        using (NewDisposeScope())
            network = architecture.Build(3);
        using (NewDisposeScope())
        {
            network.eval();
            Assert.Equal([1L, 3L], network.call(TestNetworks.Pixels(1, architecture.InputShape)).shape);
        }
        network.Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Forward_leaves_one_live_tensor_behind(int index)
    {
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var network = TestNetworks.All[index].Build(3);
        network.eval();
        using var noGrad = no_grad();
        using var images = TestNetworks.Pixels(1, network.Architecture.InputShape);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using var logits = network.call(images);
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
