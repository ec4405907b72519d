using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The convolutional network with the habits of transformers (Liu et al., 'A ConvNet for the 2020s', CVPR 2022, section 2 and table 9), as
/// torchvision builds it, with torchvision's state-dict keys. The default is ConvNeXt-Tiny. Any image size from 32x32 works; the default
/// is 224x224.
/// </summary>
/// <remarks>
/// The larger ones: Small is <see cref="ThirdStageBlocks"/> 27 and <see cref="StochasticDepth"/> 0.4; Base the same with
/// <see cref="Width"/> 128 and 0.5; Large with 192 and 0.5. It has layer norms in the place of batch norms; its authors train it with
/// <see cref="AdamW"/>, and plain steps learn more slowly.
/// </remarks>
/// <example><code>
/// var small = new ConvNeXt { ThirdStageBlocks = 27 };
/// </code></example>
public sealed record ConvNeXt() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    // Torchvision draws from a normal distribution that is cut at 100 standard deviations, which is none.
    private const double WeightDeviation = 0.02;

    /// <summary>Channels of the first of the four stages (96, the default); each stage has twice as many as the one before.</summary>
    public int Width { get; init => field = Require.Positive(value); } = 96;

    /// <summary>Blocks of the third stage (9, the default); the others have 3.</summary>
    public int ThirdStageBlocks { get; init => field = Require.Positive(value); } = 9;

    /// <summary>
    /// Probability with which training leaves the last block out for a sample, in [0, 1); it rises evenly from 0 in the first block.
    /// Default: 0.1, torchvision's for Tiny.
    /// </summary>
    public double StochasticDepth { get; init => field = Require.FractionBelowOne(value); } = 0.1;

    /// <summary>The four stages.</summary>
    public override IReadOnlyList<string> GetStages() => ["features.1", "features.3", "features.5", "features.7"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        SmallestImage.Require(this, 32, "five");
        int[] blocks = [3, 3, ThirdStageBlocks, 3];
        long channels = Width;
        var features = nn.Sequential(nn.Sequential(
            nn.Conv2d(InputShape.Channels, channels, 4, 4), new LayerNorm2d(channels, ConvNeXtBlock.Epsilon)));
        var (index, last) = (0, blocks.Sum() - 1);
        foreach (var count in blocks)
        {
            if (index > 0)
            {
                features.append(nn.Sequential(
                    new LayerNorm2d(channels, ConvNeXtBlock.Epsilon), nn.Conv2d(channels, 2 * channels, 2, 2)));
                channels *= 2;
            }

            var stage = nn.Sequential();
            for (var i = 0; i < count; i++)
                stage.append(new ConvNeXtBlock(channels, StochasticDepth * index++ / last));
            features.append(stage);
        }

        var classifier = nn.Sequential(
            new LayerNorm2d(channels, ConvNeXtBlock.Epsilon), nn.Flatten(), nn.Linear(channels, classCount));
        var body = new FeatureBody([("features", features), ("avgpool", nn.AdaptiveAvgPool2d(1))], [("classifier", classifier)]);
        Initialize(body);
        return body;
    }

    private static void Initialize(nn.Module body)
    {
        foreach (var layer in body.modules())
        {
            var (weight, bias) = layer switch
            {
                Conv2d convolution => (convolution.weight, convolution.bias),
                Linear linear => (linear.weight, linear.bias),
                _ => default,
            };
            if (weight is null)
                continue;
            nn.init.normal_(weight, 0, WeightDeviation);
            nn.init.zeros_(bias!);
        }
    }
}
