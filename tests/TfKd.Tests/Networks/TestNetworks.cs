using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The architectures under test, and what makes their outputs worth comparing.</summary>
internal static class TestNetworks
{
    /// <summary>Every kind of network, at a size that runs in a moment.</summary>
    public static readonly NetworkArchitecture[] All =
    [
        new SmallCnn(),
        new SmallCnn { Width = 32, InputShape = new ImageShape(1, 40, 24) },
        new CifarResNet { Depth = 8 },
        new CifarResNet(),
        new DenseNet { GrowthRate = 8, Dropout = 0.1, InputShape = new ImageShape(3, 64, 48) },
        new DenseNet { Depth = 169, GrowthRate = 4, CifarStem = true, InputShape = new ImageShape(1, 16, 16) },
        new GoogLeNet { InputShape = new ImageShape(3, 64, 48) },
        new GoogLeNet { CifarStem = true, InputShape = new ImageShape(3, 16, 16) },
        new SqueezeNet { InputShape = new ImageShape(3, 64, 48) },
        new SqueezeNet { Version = 1.1, CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new Vgg { Depth = 11, HiddenUnits = 32, InputShape = new ImageShape(3, 32, 64) },
        new Vgg { Depth = 13, PoolSize = 1, HiddenUnits = 32, InputShape = new ImageShape(3, 32, 32) },
        new CifarResNet { Depth = 8, Width = 5, Shortcut = ResidualShortcut.ZeroPadding },
        new ResNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new ResNet { Depth = 34, StageWidths = [16, 24, 32, 48], InputShape = new ImageShape(3, 64, 64) },
        new ResNet { Depth = 50, StageWidths = [12, 16, 24, 32], InputShape = new ImageShape(3, 64, 64) },
        new ResNet { StageBlocks = [1, 2], StageWidths = [8, 12], NormalizedFeatures = true, InputShape = new ImageShape(3, 64, 48) },
        new ResNet
        {
            StageBlocks = [1, 2, 1], StageWidths = [6, 8, 12], NormalizedFeatures = true, PooledStages = 2,
            InputShape = new ImageShape(3, 64, 48),
        },
        new ResNet { Depth = 50, StageBlocks = [1, 1, 2], StageWidths = [4, 6, 8], InputShape = new ImageShape(1, 64, 64) },
        new WideResNet { Depth = 16, WidenFactor = 1, InputShape = new ImageShape(3, 16, 16) },
        new WideResNet { Depth = 10, WidenFactor = 2, Dropout = 0.3, InputShape = new ImageShape(1, 24, 16) },
        new ProjectedNetwork(new CifarResNet { Depth = 8, Width = 4 }) { Channels = 24, InputShape = new ImageShape(3, 16, 16) },
        new ResNeXt29 { Cardinality = 4, BaseWidth = 4, InputShape = new ImageShape(3, 16, 16) },
        new MobileNetV2 { WidthMultiplier = 0.35, InputShape = new ImageShape(3, 64, 64) },
        new MobileNetV2 { WidthMultiplier = 0.25, CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new ShuffleNetV2 { WidthMultiplier = 0.5, InputShape = new ImageShape(3, 64, 64) },
        new ShuffleNetV2 { CifarStem = true, InputShape = new ImageShape(3, 32, 32) },
        new MobileNetV3 { WidthMultiplier = 0.35, InputShape = new ImageShape(3, 64, 64) },
        new MobileNetV3 { Size = MobileNetV3Size.Small, WidthMultiplier = 0.5, InputShape = new ImageShape(1, 64, 48) },
        new EfficientNet { WidthMultiplier = 0.25, DepthMultiplier = 0.5, InputShape = new ImageShape(3, 64, 64) },
        new ConvNeXt { Width = 8, ThirdStageBlocks = 2, InputShape = new ImageShape(3, 64, 48) },
        new VisionTransformer { PatchSize = 8, Width = 32, HeadWidth = 16, Blocks = 4, InputShape = new ImageShape(3, 32, 48) },
        new VisionTransformer
        {
            PatchSize = 4, Width = 24, HeadWidth = 24, Blocks = 2, Dropout = 0.1, AttentionDropout = 0.1,
            InputShape = new ImageShape(1, 16, 16),
        },
    ];

    /// <summary>
    /// A network whose batch norms are no identities, as after training, with logits of ordinary size, in evaluation mode.
    /// </summary>
    public static ImageNetwork BuildTrained(NetworkArchitecture architecture, int classCount)
    {
        random.manual_seed(7);
        var network = architecture.Build(classCount);
        Randomize(network);
        var channels = architecture.InputShape.Channels;
        network.Normalization.Set(new ChannelStatistics(
            [.. Enumerable.Range(0, channels).Select(c => 0.4 + 0.05 * c)],
            [.. Enumerable.Range(0, channels).Select(c => 0.2 + 0.03 * c)]));
        network.eval();
        return network;
    }

    /// <summary>
    /// Gives every norm weights and statistics of its own, and all other layers weights through which signals keep their size: some
    /// networks begin with weights of 0.01.
    /// </summary>
    private static void Randomize(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var layer in module.modules())
        {
            var (weight, bias) = layer switch { Conv2d convolution => (convolution.weight, convolution.bias), Linear linear => (linear.weight, linear.bias), _ => default };
            if (weight is not null)
                nn.init.kaiming_normal_(weight);
            bias?.uniform_(-0.1, 0.1);
        }
        foreach (var norm in module.modules().OfType<BatchNorm2d>())
        {
            norm.weight.uniform_(0.5, 1.5);
            norm.bias!.uniform_(-0.3, 0.3);
            norm.running_mean!.uniform_(-0.3, 0.3);
            norm.running_var!.uniform_(0.5, 1.5);
        }

        foreach (var (name, parameter) in module.named_parameters())
        {
            switch (name[(name.LastIndexOf('.') + 1)..])
            {
                case "weight" when parameter.dim() == 1:
                    parameter.uniform_(0.5, 1.5);
                    break;
                case "layer_scale":
                    parameter.uniform_(0.2, 0.8);
                    break;
                case "class_token" or "pos_embedding":
                    nn.init.normal_(parameter);
                    break;
                case "in_proj_bias":
                    parameter.uniform_(-0.1, 0.1);
                    break;
            }
        }
    }

    /// <summary>Random pixels 0 to 255.</summary>
    public static Tensor Pixels(long count, ImageShape shape, ScalarType type = ScalarType.Byte)
    {
        using var pixels = randint(0, 256, [count, shape.Channels, shape.Height, shape.Width]);
        return pixels.to(type);
    }

    /// <summary>The rows of all architectures as test data.</summary>
    public static TheoryData<int> Indices => [.. Enumerable.Range(0, All.Length)];
}
