using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Weights of networks just built, against what the reference implementations draw.</summary>
public sealed class InitialWeightTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public InitialWeightTests() => random.manual_seed(5);

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void MobileNetV2_draws_a_narrow_classifier_without_offset()
    {
        using var network = new MobileNetV2().Build(100);
        IsKaiming(network);
        var classifier = Classifier(network);
        Assert.Equal(0.01, classifier.weight.std().item<float>(), 0.0005);
        Assert.True(classifier.bias!.eq(0).all().item<bool>());
    }

    [Fact]
    public void WideResNet_draws_the_classifier_as_Torch_does_but_without_offset()
    {
        using var network = new WideResNet { Depth = 16, WidenFactor = 4 }.Build(100);
        IsKaiming(network);
        var classifier = Classifier(network);
        IsUniform(classifier.weight, 1 / Math.Sqrt(256));
        Assert.True(classifier.bias!.eq(0).all().item<bool>());
    }

    [Fact]
    public void ResNeXt29_draws_the_classifier_as_kaiming_without_offset()
    {
        using var network = new ResNeXt29 { Cardinality = 4, BaseWidth = 16 }.Build(100);
        IsKaiming(network);
        var classifier = Classifier(network);
        Assert.Equal(Math.Sqrt(2.0 / 1024), classifier.weight.std().item<float>(), 0.001);
        Assert.True(classifier.bias!.eq(0).all().item<bool>());
    }

    [Fact]
    public void ShuffleNetV2_draws_as_Torch_does()
    {
        using var network = new ShuffleNetV2().Build(100);
        foreach (var convolution in network.modules().OfType<Conv2d>().Where(convolution => convolution.weight.numel() > 500))
            IsUniform(convolution.weight, 1 / Math.Sqrt(convolution.weight[0].numel()));
        IsUniform(Classifier(network).weight, 1 / Math.Sqrt(1024));
    }

    [Fact]
    public void MobileNetV3_has_the_epsilon_of_torchvision_in_batch_norms()
    {
        using var network = new MobileNetV3 { WidthMultiplier = 0.35 }.Build(10);
        Assert.All(network.modules().OfType<BatchNorm2d>(), norm => Assert.Equal(0.001, norm.eps));
    }

    [Fact]
    public void ConvNeXt_begins_as_nearly_the_identity()
    {
        using var network = new ConvNeXt { Width = 8, ThirdStageBlocks = 1 }.Build(10);
        var scales = network.named_parameters().Where(entry => entry.name.EndsWith("layer_scale", StringComparison.Ordinal)).ToList();
        Assert.Equal(10, scales.Count);
        Assert.All(scales, entry => Assert.True(entry.parameter.eq(1e-6f).all().item<bool>()));
        Assert.All(network.modules().OfType<LayerNorm>(), norm => Assert.Equal(1e-6, norm.eps));
        Assert.All(network.modules().OfType<LayerNorm2d>(), norm => Assert.Equal(1e-6, norm.Epsilon));
    }

    /// <summary>Evenly from 0 in the first block; where a block changes the shape, there is nothing to leave out.</summary>
    [Fact]
    public void Blocks_are_left_out_the_more_often_the_deeper_they_are()
    {
        using var convNeXt = new ConvNeXt { Width = 4, ThirdStageBlocks = 2, StochasticDepth = 0.5 }.Build(2);
        Assert.Equal(
            Enumerable.Range(1, 10).Select(block => 0.5 * block / 10),
            convNeXt.modules().OfType<StochasticDepth>().Select(layer => layer.Probability));
        using var efficientNet = new EfficientNet { WidthMultiplier = 0.25, StochasticDepth = 0.32 }.Build(2);
        int[] residual = [2, 4, 6, 7, 9, 10, 12, 13, 14];
        Assert.Equal(
            residual.Select(block => 0.32 * block / 16),
            efficientNet.modules().OfType<StochasticDepth>().Select(layer => layer.Probability));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0)]
    public void Dropout_is_drawn_in_training_only(double dropout)
    {
        foreach (NetworkArchitecture architecture in new NetworkArchitecture[]
                 {
                     new WideResNet { Depth = 10, WidenFactor = 1, Dropout = dropout, InputShape = new ImageShape(3, 8, 8) },
                     new MobileNetV2 { WidthMultiplier = 0.35, Dropout = dropout, InputShape = new ImageShape(3, 32, 32) },
                     new MobileNetV3 { WidthMultiplier = 0.35, Dropout = dropout, InputShape = new ImageShape(3, 32, 32) },
                     new EfficientNet
                     {
                         WidthMultiplier = 0.25, DepthMultiplier = 0.5, Dropout = dropout, StochasticDepth = 0,
                         InputShape = new ImageShape(3, 32, 32),
                     },
                     new ConvNeXt { Width = 8, ThirdStageBlocks = 1, StochasticDepth = dropout, InputShape = new ImageShape(3, 32, 32) },
                     new VisionTransformer
                     {
                         Width = 16, HeadWidth = 8, Blocks = 1, Dropout = dropout, InputShape = new ImageShape(3, 32, 32),
                     },
                     new VisionTransformer
                     {
                         Width = 16, HeadWidth = 8, Blocks = 1, AttentionDropout = dropout, InputShape = new ImageShape(3, 32, 32),
                     },
                 })
        {
            // Trained: some networks begin with a head of zeros.
            using var network = TestNetworks.BuildTrained(architecture, 5);
            using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
            var images = TestNetworks.Pixels(4, architecture.InputShape);
            network.train();
            Assert.Equal(dropout == 0, network.call(images).equal(network.call(images)).all().item<bool>());
            network.eval();
            Assert.True(network.call(images).equal(network.call(images)).all().item<bool>());
        }
    }

    private static Linear Classifier(ImageNetwork network) => Assert.Single(network.modules().OfType<Linear>());

    /// <summary>Normal with the variance of He et al. over the outputs; batch norms are identities.</summary>
    private static void IsKaiming(ImageNetwork network)
    {
        foreach (var convolution in network.modules().OfType<Conv2d>())
        {
            var expected = Math.Sqrt(2.0 / (convolution.out_channels * convolution.kernel_size[0] * convolution.kernel_size[1]));
            // Five standard errors of a standard deviation.
            Assert.Equal(1.0, convolution.weight.std().item<float>() / expected, 5 / Math.Sqrt(2.0 * convolution.weight.numel()));
        }

        Assert.All(network.modules().OfType<BatchNorm2d>(), norm =>
            Assert.True(norm.weight.eq(1).all().item<bool>() && norm.bias!.eq(0).all().item<bool>()));
    }

    private static void IsUniform(Tensor weight, double bound)
    {
        Assert.InRange(weight.abs().max().item<float>(), 0.95 * bound, bound * (1 + 1e-6));
        Assert.Equal(1.0, weight.std().item<float>() / (bound / Math.Sqrt(3)), 0.1);
    }
}
