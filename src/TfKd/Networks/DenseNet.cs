using System.Text.RegularExpressions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The DenseNet with bottlenecks and compression (Huang et al., 'Densely Connected Convolutional Networks', CVPR 2017, table 1,
/// DenseNet-BC), as torchvision builds it, with torchvision's state-dict keys. Any image size from 29x29 works (from 8x8 with
/// <see cref="CifarStem"/>); the default is 224x224.
/// </summary>
/// <remarks>
/// Torchvision's file for it has the older keys <c>norm.1</c>, <c>conv.2</c> and the like within dense layers, which stand for <c>norm1</c>
/// and <c>conv2</c>. With <see cref="CifarStem"/> and 100 classes, depth 121 has 7,048,676 parameters. The code of Yuan et al. (CVPR 2020)
/// has 7,048,548: its first convolution has no batch norm behind it, and its transitions have no activation.
/// </remarks>
/// <example><code>
/// var network = new DenseNet { Depth = 169 };
/// </code></example>
public sealed partial record DenseNet() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    /// <summary>Number of weighted layers: 121 (the default), 169 or 201.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another.</exception>
    public int Depth { get; init => field = Require.OneOf(value, [121, 169, 201]); } = 121;

    /// <summary>Channels that each dense layer adds, k in the paper (32, the default); the first convolution has twice as many.</summary>
    public int GrowthRate { get; init => field = Require.Positive(value); } = 32;

    /// <summary>
    /// Begins with a 3x3 convolution at full resolution instead of a 7x7 convolution of stride 2 and a max pooling, as is usual for images
    /// of 32x32. Default: false. The input shape is set apart:
    /// <c>new DenseNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    public bool CifarStem { get; init; }

    /// <summary>
    /// The part of what each dense layer returns that is zeroed in training, within [0, 1). Default: 0, as in torchvision.
    /// </summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); }

    /// <summary>The output of each dense block; the last one's behind its batch norm and before its activation.</summary>
    public override IReadOnlyList<string> GetStages() =>
        ["features.denseblock1", "features.denseblock2", "features.denseblock3", "features.norm5"];

    /// <inheritdoc/>
    public override string TranslateWeightKey(string key) => OldKey().Replace(key, ".$1$2.");

    [GeneratedRegex(@"\.(norm|conv)\.([12])\.")]
    private static partial Regex OldKey();

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        if (CifarStem)
            SmallestImage.Require(this, 8, "three");
        else
            SmallestImage.Require(this, 29, "five");
        int[] blocks = Depth switch { 121 => [6, 12, 24, 16], 169 => [6, 12, 32, 32], _ => [6, 12, 48, 32] };
        long channels = 2 * GrowthRate;
        var features = nn.Sequential();
        features.append(
            "conv0", CifarStem
                ? nn.Conv2d(InputShape.Channels, channels, 3, 1, 1, bias: false)
                : nn.Conv2d(InputShape.Channels, channels, 7, 2, 3, bias: false));
        features.append("norm0", nn.BatchNorm2d(channels));
        features.append("relu0", nn.ReLU(inplace: true));
        if (!CifarStem)
            features.append("pool0", nn.MaxPool2d(3, 2, 1));
        for (var i = 1; i <= blocks.Length; i++)
        {
            features.append($"denseblock{i}", new DenseBlock(channels, blocks[i - 1], GrowthRate, Dropout));
            channels += blocks[i - 1] * GrowthRate;
            if (i == blocks.Length)
                break;
            features.append($"transition{i}", Transition(channels, channels / 2));
            channels /= 2;
        }
        features.append("norm5", nn.BatchNorm2d(channels));
        var classifier = nn.Linear(channels, classCount);
        // The activation leaves its input as it is: that is the last stage's output.
        var body = new FeatureBody(
            [("features", features), ("relu", nn.ReLU()), ("avgpool", nn.AdaptiveAvgPool2d(1)),
                ("flatten", nn.Flatten())], [("classifier", classifier)]);
        KaimingInitialization.Apply(body, nn.init.FanInOut.FanIn);
        nn.init.zeros_(classifier.bias!);
        return body;
    }

    private static Sequential Transition(long inChannels, long outChannels) => nn.Sequential(
        ("norm", nn.BatchNorm2d(inChannels)),
        ("relu", nn.ReLU(inplace: true)),
        ("conv", nn.Conv2d(inChannels, outChannels, 1, bias: false)),
        ("pool", nn.AvgPool2d(2, 2)));
}
