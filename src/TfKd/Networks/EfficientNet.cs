using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The network that is scaled in width, depth and image size at once (Tan and Le, 'EfficientNet: Rethinking Model Scaling for Convolutional
/// Neural Networks', ICML 2019, table 1), as torchvision builds it, with torchvision's state-dict keys. The default is B0. Any image size
/// works; the default is 224x224.
/// </summary>
/// <remarks>
/// The larger ones by width, depth, dropout and height and width of the images: B1 is 1, 1.1, 0.2, 240; B2 1.1, 1.2, 0.3, 288; B3 1.2, 1.4,
/// 0.3, 300; B4 1.4, 1.8, 0.4, 380.
/// </remarks>
/// <example><code>
/// var b2 = new EfficientNet { WidthMultiplier = 1.1, DepthMultiplier = 1.2, InputShape = new ImageShape(3, 288, 288) };
/// </code></example>
public sealed record EfficientNet() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    // Repeats, kernel, stride, expansion and output channels of each stage of B0.
    private static readonly (int Blocks, int Kernel, int Stride, int Expansion, int Width)[] _stages =
        [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)];

    /// <summary>Multiplies the channels of every layer (1, the default), which are then rounded to a multiple of 8.</summary>
    public double WidthMultiplier { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Multiplies the blocks of every stage (1, the default), rounded up.</summary>
    public double DepthMultiplier { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Probability with which training drops a number before the classifier, in [0, 1). Default: 0.2, B0's.</summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); } = 0.2;

    /// <summary>
    /// Probability with which training leaves the last block out for a sample, in [0, 1); it rises evenly from 0 in the first block.
    /// Default: 0.2, torchvision's.
    /// </summary>
    public double StochasticDepth { get; init => field = Require.FractionBelowOne(value); } = 0.2;

    /// <summary>The last layer at each resolution.</summary>
    public override IReadOnlyList<string> GetStages() => ["features.1", "features.2", "features.3", "features.5", "features.8"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var channels = Channels(32);
        var features = nn.Sequential(ActivatedConvolution.Build(InputShape.Channels, channels, 3, nn.SiLU(), 2));
        var total = _stages.Sum(stage => Blocks(stage.Blocks));
        var index = 0;
        foreach (var stage in _stages)
        {
            var blocks = nn.Sequential();
            for (var i = 0; i < Blocks(stage.Blocks); i++)
            {
                var size = new MobileBlockSize(channels, ChannelCount.Rounded(channels * stage.Expansion), Channels(stage.Width),
                    stage.Kernel, i == 0 ? stage.Stride : 1);
                var squeeze = new SqueezeExcitation(size.Expanded, Math.Max(1, channels / 4), nn.SiLU(), nn.Sigmoid());
                blocks.append(new MobileBlock(size, () => nn.SiLU(), squeeze, StochasticDepth * index++ / total));
                channels = size.OutChannels;
            }

            features.append(blocks);
        }

        features.append(ActivatedConvolution.Build(channels, 4 * channels, 1, nn.SiLU()));
        var linear = nn.Linear(4 * channels, classCount);
        var body = new FeatureBody([("features", features), ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())],
            [("classifier", nn.Sequential(nn.Dropout(Dropout), linear))]);
        KaimingInitialization.Apply(body);
        var bound = 1 / Math.Sqrt(classCount);
        nn.init.uniform_(linear.weight, -bound, bound);
        nn.init.zeros_(linear.bias!);
        return body;
    }

    private long Channels(int width) => ChannelCount.Rounded(width * WidthMultiplier);

    private int Blocks(int count) => (int)Math.Ceiling(count * DepthMultiplier);
}
