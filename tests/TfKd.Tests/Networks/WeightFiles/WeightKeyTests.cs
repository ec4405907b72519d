using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class WeightKeyTests
{
    private static readonly CifarResNet Small = new() { Depth = 8, Width = 4 };

    [Theory]
    [InlineData("module.", "fc")]
    [InlineData("_orig_mod.", "fc")]
    [InlineData("module._orig_mod.", "linear")]
    [InlineData("_orig_mod.module.", "head")]
    [InlineData("", "classifier.0")]
    [InlineData("model.", "fc")]
    [InlineData("net.module.", "linear")]
    public void Prefixes_of_wrappers_and_another_name_of_the_head_are_understood(string prefix, string head)
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 4);
        using var network = Small.Build(4);
        var weights = source.Body
            .state_dict()
            .ToDictionary(entry => prefix + entry.Key.Replace("fc.", $"{head}.", StringComparison.Ordinal), entry => entry.Value.detach());
        NetworkWeights.Apply(network, weights, "weights");
        Assert.Equal(Bytes(source), Bytes(network));
    }

    [Fact]
    public void What_lies_beside_the_prefix_is_not_the_networks()
    {
        using var scope = NewDisposeScope();
        using var network = Small.Build(4);
        var weights = network.Body
            .state_dict()
            .ToDictionary(entry => entry.Key == "fc.bias" ? entry.Key : $"module.{entry.Key}", entry => entry.Value.detach());
        var error = Assert.Throws<InvalidDataException>(() => NetworkWeights.Apply(network, weights, "weights"));
        Assert.EndsWith(
            "with 4 classes: all fits but the head 'fc':\nmissing: fc.bias Float32 [4]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Head_of_another_name_must_have_the_same_shapes()
    {
        using var scope = NewDisposeScope();
        using var network = Small.Build(4);
        var weights = network.Body
            .state_dict()
            .Where(entry => !entry.Key.StartsWith("fc.", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key, entry => entry.Value.detach());
        weights["linear.weight"] = zeros(10, 16);
        weights["linear.bias"] = zeros(10);
        Assert.EndsWith(
            "with 4 classes: all fits but the head, which is for 10 classes, not 4:\n"
                + "missing: fc.bias Float32 [4]\nmissing: fc.weight Float32 [4,16]\nunexpected: linear.bias Float32 [10]\nunexpected: "
                + "linear.weight Float32 [10,16]",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.Apply(network, weights, "weights")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_the_network_leaves_out_are_passed_over()
    {
        using var scope = NewDisposeScope();
        using var network = new Reduced().Build(3);
        var weights = network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach() + 1);
        weights["aux.0.weight"] = zeros(7);
        weights["aux.head"] = zeros(1);
        NetworkWeights.Apply(network, weights, "weights");
        Assert.Equal(weights["kept.weight"].bytes.ToArray(), network.Body.state_dict()["kept.weight"].bytes.ToArray());
        weights["auxiliary"] = zeros(1);
        Assert.EndsWith(
            "with 3 classes: of 2 tensors 0 are missing and 0 different, and 1 are unexpected; these are weights of a "
                + "larger network:\nunexpected: auxiliary Float32 [1]",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.Apply(network, weights, "weights")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void DenseNet_takes_the_older_keys_of_its_published_files()
    {
        using var scope = NewDisposeScope();
        using var network = new DenseNet { GrowthRate = 4, InputShape = new ImageShape(3, 32, 32) }.Build(3);
        var expected = network.Body
            .state_dict()
            .ToDictionary(
                entry => entry.Key, entry => entry.Value.is_floating_point() ? entry.Value.detach() + 1 : entry.Value.detach().clone());
        var older = expected.ToDictionary(
            entry => Regex.Replace(entry.Key, @"(denselayer\d+)\.(norm|conv)([12])", "$1.$2.$3"), entry => entry.Value);
        Assert.Contains("features.denseblock1.denselayer1.norm.1.weight", older.Keys);
        NetworkWeights.Apply(network, older, "weights");
        Assert.All(network.Body.state_dict(), entry => Assert.Equal(expected[entry.Key].bytes.ToArray(), entry.Value.bytes.ToArray()));
    }

    private static Dictionary<string, byte[]> Bytes(ImageNetwork network) =>
        network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());

    private sealed record Reduced() : NetworkArchitecture(new ImageShape(3, 1, 1))
    {
        public override string? TranslateWeightKey(string key) => key.StartsWith("aux.", StringComparison.Ordinal) ? null : key;

        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) =>
            nn.Sequential(("flat", nn.Flatten()), ("kept", nn.Linear(3, classCount)));
    }
}
