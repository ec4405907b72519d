using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

[Collection(ProcessWideState.Name)]
public sealed class AutocastTests
{
    private static readonly ComputePath _path = ComputePath.Default with { Precision = Precision.BFloat16 };

    [Fact]
    public void Convolutions_come_in_bfloat16_until_the_path_is_left()
    {
        RequireAutocast();
        using var scope = NewDisposeScope();
        using var convolution = nn.Conv2d(3, 4, 3);
        var images = randn(2, 3, 8, 8);
        using (_path.Enter())
        {
            Assert.Equal(ScalarType.BFloat16, convolution.call(images).dtype);
            using (ComputePath.Default.Enter())
                Assert.Equal(ScalarType.Float32, convolution.call(images).dtype);
            Assert.Equal(ScalarType.BFloat16, convolution.call(images).dtype);
        }

        Assert.Equal(ScalarType.Float32, convolution.call(images).dtype);
    }

    [Fact]
    public void A_changed_weight_is_seen_within_the_path()
    {
        RequireAutocast();
        using var scope = NewDisposeScope();
        using var convolution = nn.Conv2d(3, 4, 3);
        var images = randn(2, 3, 8, 8);
        using var path = _path.Enter();
        using var before = convolution.call(images);
        using (no_grad())
            convolution.weight.mul_(2).add_(0.5);
        Assert.False(allclose(before.to(ScalarType.Float32), convolution.call(images).to(ScalarType.Float32), atol: 0.1));
    }

    [Fact]
    public void A_network_answers_in_float32_close_to_its_float32_answer()
    {
        RequireAutocast();
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        using var network = new CifarResNet { Depth = 8 }.Build(10);
        network.eval();
        var images = randint(256, [4, 3, 32, 32], ScalarType.Byte);
        using var noGradient = no_grad();
        var expected = network.call(images);
        using var path = _path.Enter();
        var output = network.Run(images, withFeatures: true);

        Assert.Equal(ScalarType.Float32, output.Logits.dtype);
        Assert.All(output.Features, feature => Assert.Equal(ScalarType.Float32, feature.dtype));
        var difference = (output.Logits - expected).abs().max().item<float>() / expected.abs().max().item<float>();
        Assert.InRange(difference, 1e-6, 0.1);
    }

    [Fact]
    public void The_probe_passes_right_convolutions_and_not_a_wrong_one()
    {
        RequireAutocast();
        var signature = new ConvolutionSignature { InChannels = 8, OutChannels = 16, Input = (9, 9), Batch = 3, Padding = (1, 1) };
        Assert.True(new ConvolutionProbe().Run(signature, _path).IsRight);

        var wrong = new ConvolutionProbe((own, images, weight, bias) =>
            ConvolutionProbe.Convolve(own, images, weight * 1.05, bias)).Run(signature, _path);
        Assert.False(wrong.IsRight);
        Assert.Equal("contiguous with oneDNN in bfloat16", wrong.Path.ToString());
    }

    private static void RequireAutocast()
    {
        if (!Autocast.CanSwitch)
            Assert.Skip("This build of libtorch has no switch for bfloat16 that is known here.");
    }
}
