using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class Float16WeightsTests
{
    // Half precision has 11 bits: a weight is off by up to 1/4096 of itself, and layers add up what theirs are off by; the deepest of
    // these networks, with random weights, by 0.026 of the largest logit.
    private const double Tolerance = 0.05;

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Scores_are_those_of_float32_within_a_twentieth(int index)
    {
        using var scope = NewDisposeScope();
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 11);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        var images = TestNetworks.Pixels(7, options.InputShape);
        var (full, half) = (OnnxExporter.Export(network, options), Export(network, options));
        using var first = OnnxRun.Open(full);
        using var second = OnnxRun.Open(half);
        var (expected, actual) = (OnnxRun.Score(first, images), OnnxRun.Score(second, images));
        var scale = Math.Max(1, expected.abs().max().item<double>());
        Assert.InRange((expected - actual).abs().max().item<double>() / scale, 0, Tolerance);
        Assert.Null(OnnxContent.TryRead(half)!.Unbounded());
    }

    [Fact]
    public void A_file_is_half_as_large()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet(), 100);
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        Assert.InRange(Export(network, options).Length / (double)OnnxExporter.Export(network, options).Length, 0.49, 0.55);
    }

    [Fact]
    public void A_weight_beyond_float16_keeps_its_tensor_in_float32()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var module = nn.Sequential(new Normalize(3), nn.Conv2d(3, 4, 3, bias: false), nn.Conv2d(4, 4, 3, bias: false));
        ((TorchSharp.Modules.Conv2d)module[1]).weight[0, 0, 0, 0] = 70_000;
        var constants = OnnxModel.Read(Export(module, new OnnxExportOptions { InputShape = new ImageShape(3, 8, 8) })).Constants;
        Assert.Equal(ScalarType.Float32, constants["1.weight"].Type);
        Assert.Equal(ScalarType.Float16, constants["2.weight.float16"].Type);
        Assert.Equal(ScalarType.Float32, constants["0.scale"].Type);
    }

    private static byte[] Export(nn.Module<Tensor, Tensor> module, OnnxExportOptions options) =>
        OnnxExporter.Export(module, options with { Weights = OnnxWeights.Float16 });
}
