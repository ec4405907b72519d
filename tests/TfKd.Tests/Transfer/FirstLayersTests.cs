using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Small networks that start from the first layers of a larger one.</summary>
public sealed class FirstLayersTests : IDisposable
{
    private static readonly ResNet _large = new() { StageWidths = [4, 6, 8], InputShape = new ImageShape(3, 32, 32) };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Layers_are_taken_up_to_the_first_that_differs()
    {
        // One block a stage, and a last stage of another width: its second convolution has the shapes of none, its head those of the other.
        var small = _large with { StageBlocks = [1, 1, 1], StageWidths = [4, 6, 7] };
        var (fresh, started, other) = Start(small);
        var taken = started.Keys.Where(key => !Same(started[key], fresh[key])).ToList();
        Assert.Contains("layer2.0.downsample.0.weight", taken);
        Assert.All(taken, key => Assert.True(Same(started[key], other[key]), key));
        Assert.All(started.Keys.Where(IsTaken), key => Assert.True(Same(started[key], other[key]), key));
        Assert.All(started.Keys.Where(key => !IsTaken(key)), key => Assert.True(Same(started[key], fresh[key]), key));

        static bool IsTaken(string key) =>
            !key.StartsWith("layer3", StringComparison.Ordinal) && !key.StartsWith("fc", StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_behind_one_that_differs_is_not_taken_though_it_fits()
    {
        // The last stage's second block is that of the other; its first sees a narrower second stage.
        var (fresh, started, _) = Start(_large with { StageWidths = [4, 5, 8] });
        Assert.All(
            started.Keys.Where(key => key.StartsWith("layer3", StringComparison.Ordinal)),
            key => Assert.True(Same(started[key], fresh[key]), key));
    }

    [Fact]
    public void The_head_stays_new_although_its_shape_is_the_same()
    {
        var (fresh, started, other) = Start(_large with { StageBlocks = [1, 1, 1] });
        Assert.True(Same(started["layer3.0.conv2.weight"], other["layer3.0.conv2.weight"]));
        Assert.True(Same(started["fc.weight"], fresh["fc.weight"]));
        Assert.False(Same(started["fc.weight"], other["fc.weight"]));
    }

    [Fact]
    public void Normalisation_and_identity_are_those_of_the_weights()
    {
        var weights = Weights(out _);
        var first = new FirstLayers(weights) { Architecture = _large };
        Assert.Equal(ChannelStatistics.ImageNet, first.Normalization);
        Assert.Null(first.GetArchitecture());
        Assert.NotEqual(weights.Fingerprint, first.Fingerprint);
        Assert.Contains(weights.Fingerprint, first.Fingerprint, StringComparison.Ordinal);
    }

    [Fact]
    public void Networks_with_nothing_in_common_are_refused_by_name()
    {
        using var network = new SmallCnn().Build(3);
        var weights = Weights(out _);
        Assert.Equal(
            $"{network.Architecture} has no first layer in common with {_large}, whose weights are {weights}.",
            Assert.Throws<InvalidOperationException>(
                () => new FirstLayers(weights) { Architecture = _large }.ApplyTo(network, ["a", "b", "c"])).Message);
        Assert.Equal(
            $"{weights} does not say of which network it is; set Architecture.",
            Assert.Throws<InvalidOperationException>(() => new FirstLayers(weights).ApplyTo(network, ["a", "b", "c"])).Message);
    }

    private (Dictionary<string, Tensor> Fresh, Dictionary<string, Tensor> Started, Dictionary<string, Tensor> Other) Start(ResNet small)
    {
        var weights = new FirstLayers(Weights(out var other)) { Architecture = _large };
        random.manual_seed(4);
        var network = small.Build(3);
        var fresh = CopyOf(network);
        weights.ApplyTo(network, ["a", "b", "c"]);
        return (fresh, CopyOf(network), other);
    }

    /// <summary>A file of a network of other classes, with batch norms that are no identities.</summary>
    private BackboneWeights Weights(out Dictionary<string, Tensor> other)
    {
        var network = TestNetworks.BuildTrained(_large, 3);
        network.Normalization.Set(ChannelStatistics.ImageNet);
        var path = Path.Combine(_folder.Path, "large.safetensors");
        NetworkWeights.Save(network, path);
        other = CopyOf(network);
        return new BackboneWeights(path);
    }

    // A module that nobody holds any more takes its tensors with it.
    private static Dictionary<string, Tensor> CopyOf(ImageNetwork network) =>
        network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());

    private static bool Same(Tensor one, Tensor other) => one.shape.AsSpan().SequenceEqual(other.shape) && one.eq(other).all().item<bool>();
}
