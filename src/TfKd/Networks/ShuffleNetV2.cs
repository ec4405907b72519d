using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The mobile network that splits and shuffles channels (Ma et al., 'ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture
/// Design', ECCV 2018, table 5), as torchvision builds it, with torchvision's state-dict keys. Any image size works; the default is
/// 224x224.
/// </summary>
/// <example><code>
/// var network = new ShuffleNetV2 { WidthMultiplier = 0.5 };
/// </code></example>
public sealed record ShuffleNetV2() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    private const int StemWidth = 24;

    /// <summary>The published width: 0.5, 1 (the default), 1.5 or 2, with 48, 116, 176 or 244 channels in the first stage.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The width is another.</exception>
    public double WidthMultiplier
    {
        get;
        init => field = value is 0.5 or 1 or 1.5 or 2
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(WidthMultiplier), value, $"WidthMultiplier must be 0.5, 1, 1.5 or 2, but is {value}.");
    } = 1;

    /// <summary>
    /// Halves the resolution three times instead of five: the first convolution has stride 1 and no max pooling follows, as is usual for
    /// images of 32x32. Default: false. The input shape is set apart:
    /// <c>new ShuffleNetV2 { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    /// <remarks>
    /// The strides are those of the code of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization' (CVPR
    /// 2020). The layers stay torchvision's, so that there is one network to know and weights trained at either size fit: 1,356,104
    /// parameters with 100 classes, where that code has 1,360,896, since its convolutions have biases; it also leaves out the activation
    /// behind the first convolution.
    /// </remarks>
    public bool CifarStem { get; init; }

    /// <summary>The first two stages, and the last convolution at the resolution of the third.</summary>
    public override IReadOnlyList<string> GetStages() => ["stage2", "stage3", "conv5"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var (first, second, third, last) = WidthMultiplier switch
        {
            0.5 => (48, 96, 192, 1024),
            1 => (116, 232, 464, 1024),
            1.5 => (176, 352, 704, 1024),
            _ => (244, 488, 976, 2048),
        };
        // Weights stay as Torch draws them, as torchvision's do.
        return new FeatureBody(
            [
                ("conv1", Convolution(InputShape.Channels, StemWidth, 3, CifarStem ? 1 : 2)),
                ("maxpool", CifarStem ? nn.Identity() : nn.MaxPool2d(3, 2, 1)),
                ("stage2", Stage(StemWidth, first, 4)),
                ("stage3", Stage(first, second, 8)),
                ("stage4", Stage(second, third, 4)),
                ("conv5", Convolution(third, last, 1, 1)),
                ("avgpool", nn.AdaptiveAvgPool2d(1)),
                ("flatten", nn.Flatten()),
            ],
            [("fc", nn.Linear(last, classCount))]);
    }

    private static Sequential Convolution(int inChannels, int outChannels, int kernel, int stride) =>
        nn.Sequential(nn.Conv2d(inChannels, outChannels, kernel, stride, kernel / 2, bias: false), nn.BatchNorm2d(outChannels),
            nn.ReLU(inplace: true));

    private static Sequential Stage(int inChannels, int outChannels, int units)
    {
        var stage = nn.Sequential(new ShuffleUnit(inChannels, outChannels, 2));
        for (var i = 1; i < units; i++)
            stage.append(new ShuffleUnit(outChannels, outChannels, 1));
        return stage;
    }
}
