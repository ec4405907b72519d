using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The mobile network with squeeze-and-excitation and hard swish (Howard et al., 'Searching for MobileNetV3', ICCV 2019, tables 1 and 2),
/// as torchvision builds it, with torchvision's state-dict keys. Any image size works; the default is 224x224.
/// </summary>
/// <remarks>
/// Batch norms take a tenth of each batch into their running statistics, which is Torch's default; torchvision's take a hundredth, which
/// needs thousands of steps. It makes no difference to a network whose weights are loaded.
/// </remarks>
/// <example><code>
/// var network = new MobileNetV3 { Size = MobileNetV3Size.Small };
/// </code></example>
public sealed record MobileNetV3() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    // Torchvision's, 100 times Torch's own; published weights are for this one.
    private const double Epsilon = 0.001;

    /// <summary>Which of the two networks. Default: large.</summary>
    public MobileNetV3Size Size { get; init => field = Require.Defined(value); } = MobileNetV3Size.Large;

    /// <summary>Multiplies the channels of every layer (1, the default), which are then rounded to a multiple of 8.</summary>
    public double WidthMultiplier { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Probability with which training drops a number before the last layer, in [0, 1). Default: 0.2, torchvision's.</summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); } = 0.2;

    /// <summary>The last layer at each resolution.</summary>
    public override IReadOnlyList<string> GetStages() => Size == MobileNetV3Size.Large
        ? ["features.1", "features.3", "features.6", "features.12", "features.16"]
        : ["features.0", "features.1", "features.3", "features.8", "features.12"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var channels = Channels(16);
        var features = nn.Sequential(ActivatedConvolution.Build(InputShape.Channels, channels, 3, nn.Hardswish(), 2));
        foreach (var (kernel, expanded, width, squeezes, hardswish, stride) in Size == MobileNetV3Size.Large ? Large : Small)
        {
            var size = new MobileBlockSize(channels, Channels(expanded), Channels(width), kernel, stride);
            features.append(new MobileBlock(
                size, hardswish ? () => nn.Hardswish() : () => nn.ReLU(inplace: true), squeezes ? Squeeze(size.Expanded) : null));
            channels = size.OutChannels;
        }

        features.append(ActivatedConvolution.Build(channels, 6 * channels, 1, nn.Hardswish()));
        var hidden = Channels(Size == MobileNetV3Size.Large ? 1280 : 1024);
        var classifier = nn.Sequential(
            nn.Linear(6 * channels, hidden), nn.Hardswish(), nn.Dropout(Dropout), nn.Linear(hidden, classCount));
        var body = new FeatureBody(
            [("features", features), ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())], [("classifier", classifier)]);
        KaimingInitialization.Apply(body);
        foreach (var norm in body.modules().OfType<BatchNorm2d>())
            norm.eps = Epsilon;
        foreach (var linear in classifier.modules().OfType<Linear>())
        {
            nn.init.normal_(linear.weight, 0, 0.01);
            nn.init.zeros_(linear.bias!);
        }

        return body;
    }

    // Kernel, expanded and output channels, squeeze-and-excitation, hard swish instead of ReLU, stride.
    private static (int, int, int, bool, bool, int)[] Large =>
    [
        (3, 16, 16, false, false, 1), (3, 64, 24, false, false, 2), (3, 72, 24, false, false, 1), (5, 72, 40, true, false, 2),
        (5, 120, 40, true, false, 1), (5, 120, 40, true, false, 1), (3, 240, 80, false, true, 2), (3, 200, 80, false, true, 1),
        (3, 184, 80, false, true, 1), (3, 184, 80, false, true, 1), (3, 480, 112, true, true, 1), (3, 672, 112, true, true, 1),
        (5, 672, 160, true, true, 2), (5, 960, 160, true, true, 1), (5, 960, 160, true, true, 1),
    ];

    private static (int, int, int, bool, bool, int)[] Small =>
    [
        (3, 16, 16, true, false, 2), (3, 72, 24, false, false, 2), (3, 88, 24, false, false, 1), (5, 96, 40, true, true, 2),
        (5, 240, 40, true, true, 1), (5, 240, 40, true, true, 1), (5, 120, 48, true, true, 1), (5, 144, 48, true, true, 1),
        (5, 288, 96, true, true, 2), (5, 576, 96, true, true, 1), (5, 576, 96, true, true, 1),
    ];

    private static SqueezeExcitation Squeeze(long channels) =>
        new(channels, ChannelCount.Rounded(channels / 4), nn.ReLU(inplace: true), nn.Hardsigmoid());

    private long Channels(int width) => ChannelCount.Rounded(width * WidthMultiplier);
}
