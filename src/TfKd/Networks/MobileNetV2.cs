using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The mobile network of inverted residuals (Sandler et al., 'MobileNetV2: Inverted Residuals and Linear Bottlenecks', CVPR 2018, table 2),
/// as torchvision builds it, with torchvision's state-dict keys. Any image size works; the default is 224x224.
/// </summary>
/// <example><code>
/// var network = new MobileNetV2 { WidthMultiplier = 0.5, InputShape = new ImageShape(3, 96, 96) };
/// </code></example>
public sealed record MobileNetV2() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    /// <summary>
    /// Multiplies the channels of every layer (1, the default), which are then rounded to a multiple of 8; the last layer before the
    /// classifier never gets narrower.
    /// </summary>
    public double WidthMultiplier { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Probability with which training drops a number before the classifier, in [0, 1). Default: 0.2, torchvision's.</summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); } = 0.2;

    /// <summary>
    /// Halves the resolution three times instead of five: the first convolution and the blocks of 160 channels have stride 1, as is usual
    /// for images of 32x32. Default: false. The input shape is set apart:
    /// <c>new MobileNetV2 { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    /// <remarks>
    /// The strides are those of the code of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization' (CVPR
    /// 2020). The layers stay torchvision's, so that there is one network to know and weights trained at either size fit: 2,351,972
    /// parameters with 100 classes, where that code has 2,369,380, since its convolutions have biases, its first convolution is 1x1, and
    /// its first block widens by a 1x1 convolution although the factor is 1. That code has no dropout.
    /// </remarks>
    public bool CifarStem { get; init; }

    /// <summary>The last layer at each resolution.</summary>
    public override IReadOnlyList<string> GetStages() => CifarStem
        ? ["features.1", "features.3", "features.6", "features.18"]
        : ["features.1", "features.3", "features.6", "features.13", "features.18"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var channels = Channels(32);
        var cifarStride = CifarStem ? 1 : 2;
        var features = nn.Sequential(InvertedResidual.Activated(InputShape.Channels, channels, 3, cifarStride));
        (int, int, int, int)[] stages =
            [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, cifarStride), (6, 320, 1, 1)];
        foreach (var (expansion, width, blocks, stride) in stages)
            for (var i = 0; i < blocks; i++)
            {
                var outChannels = Channels(width);
                features.append(new InvertedResidual(channels, outChannels, i == 0 ? stride : 1, expansion));
                channels = outChannels;
            }
        var last = ChannelCount.Rounded(1280 * Math.Max(1, WidthMultiplier));
        features.append(InvertedResidual.Activated(channels, last, 1));
        var linear = nn.Linear(last, classCount);
        var body = new FeatureBody([("features", features), ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())],
            [("classifier", nn.Sequential(nn.Dropout(Dropout), linear))]);
        KaimingInitialization.Apply(body);
        nn.init.normal_(linear.weight, 0, 0.01);
        nn.init.zeros_(linear.bias);
        return body;
    }

    private long Channels(int width) => ChannelCount.Rounded(width * WidthMultiplier);
}
