using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class LoadBackboneTests
{
    private static readonly CifarResNet Small = new() { Depth = 8, Width = 4 };

    [Theory]
    [InlineData("fc")]
    [InlineData("linear")]
    [InlineData("classifier")]
    [InlineData("classifier.1")]
    public void Everything_but_the_head_is_loaded(string headInFile)
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 10);
        using var network = Small.Build(4);
        var head = Copy(network).Where(entry => entry.Key.StartsWith("fc.", StringComparison.Ordinal)).ToDictionary();
        using var file = new WeightsOnDisk(source.Body
            .state_dict()
            .ToDictionary(entry => entry.Key.Replace("fc.", $"{headInFile}.", StringComparison.Ordinal), entry => entry.Value));
        NetworkWeights.LoadBackbone(network, file.Path);
        var (expected, actual) = (Copy(source), Copy(network));
        Assert.Equal(2, head.Count);
        Assert.All(actual, entry => Assert.Equal(head.GetValueOrDefault(entry.Key) ?? expected[entry.Key], entry.Value));
    }

    [Fact]
    public void File_without_a_head_loads()
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 4);
        using var network = Small.Build(4);
        using var file = new WeightsOnDisk(
            source.Body.state_dict().Where(entry => !entry.Key.StartsWith("fc.", StringComparison.Ordinal)).ToDictionary());
        NetworkWeights.LoadBackbone(network, file.Path);
        Assert.Equal(Copy(source)["layer3.0.conv2.weight"], Copy(network)["layer3.0.conv2.weight"]);
        Assert.NotEqual(Copy(source)["fc.weight"], Copy(network)["fc.weight"]);
    }

    [Fact]
    public void Every_other_difference_is_listed_and_the_network_is_unchanged()
    {
        using var scope = NewDisposeScope();
        using var network = Small.Build(4);
        var before = Copy(network);
        var weights = network.Body.state_dict().ToDictionary(entry => entry.Key, entry => zeros_like(entry.Value));
        weights["fc.weight"] = zeros(9, 9);
        weights["bn1.bias"] = zeros(5);
        weights.Remove("conv1.weight");
        weights["extra.weight"] = zeros(2);
        using var file = new WeightsOnDisk(weights);
        var error = Assert.Throws<InvalidDataException>(() => NetworkWeights.LoadBackbone(network, file.Path));
        Assert.Equal(
            $"""
            '{file.Path}' does not fit {Small} without its head 'fc': of 45 tensors 1 are missing and 1 different, and 1 are unexpected:
            different: bn1.bias: expected Float32 [4], found Float32 [5]
            missing: conv1.weight Float32 [4,3,3,3]
            unexpected: extra.weight Float32 [2]
            """,
            error.Message);
        Assert.Equal(before, Copy(network));
    }

    [Fact]
    public void Another_last_layer_is_no_head()
    {
        using var scope = NewDisposeScope();
        using var network = Small.Build(4);
        var weights = network.Body.state_dict().Where(entry => !entry.Key.StartsWith("fc.", StringComparison.Ordinal)).ToDictionary();
        weights["linear.weight"] = zeros(4, 17);
        weights["linear.bias"] = zeros(4);
        using var file = new WeightsOnDisk(weights);
        var error = Assert.Throws<InvalidDataException>(() => NetworkWeights.LoadBackbone(network, file.Path));
        Assert.EndsWith(
            "without its head 'fc': of 45 tensors 0 are missing and 0 different, and 2 are unexpected; these are weights of a larger "
                + "network:\nunexpected: linear.bias Float32 [4]\nunexpected: linear.weight Float32 [4,17]",
            error.Message,
            StringComparison.Ordinal);
    }

    private static Dictionary<string, byte[]> Copy(ImageNetwork network) =>
        network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());
}
