using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The wide residual network for small images (Zagoruyko and Komodakis, 'Wide Residual Networks', BMVC 2016), which the field writes
/// WRN-depth-widening: WRN-28-10 is the default, WRN-40-2 and WRN-16-2 are a usual teacher and student. State-dict keys are those of the
/// PyTorch code most used for it: <c>conv1</c>, <c>block1.layer.0.bn1</c>, <c>block1.layer.0.convShortcut</c>, ..., <c>bn1</c>, <c>fc</c>.
/// Any image size works; the default is 32x32.
/// </summary>
/// <example><code>
/// var network = new WideResNet { Depth = 16, WidenFactor = 4 };
/// </code></example>
public sealed record WideResNet() : NetworkArchitecture(new ImageShape(3, 32, 32))
{
    private const int StemWidth = 16;

    /// <summary>
    /// Number of convolutions, the three projections included, 6n+4 for n blocks a stage: 10, 16, 22, 28 (the default), 34, 40, ...
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is not 6n+4, or below 10.</exception>
    public int Depth
    {
        get;
        init => field = value >= 10 && value % 6 == 4
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Depth), value, $"Depth must be 6n+4 (10, 16, 22, 28, 34, 40, ...), but is {value}.");
    } = 28;

    /// <summary>The widening factor k (10, the default): the three stages have 16k, 32k and 64k channels.</summary>
    public int WidenFactor { get; init => field = Require.Positive(value); } = 10;

    /// <summary>
    /// Probability with which training drops a number between the two convolutions of a block, in [0, 1). Default: 0. The paper takes 0.3
    /// on CIFAR and 0.4 on SVHN.
    /// </summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); }

    /// <summary>The first two stages, whose sums are not activated yet, and the activation behind the third.</summary>
    public override IReadOnlyList<string> GetStages() => ["block1", "block2", "relu"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        long channels = StemWidth;
        (string, nn.Module<Tensor, Tensor>)[] backbone =
        [
            ("conv1", nn.Conv2d(InputShape.Channels, channels, 3, 1, 1, bias: false)),
            ("block1", Stage(1, 1)),
            ("block2", Stage(2, 2)),
            ("block3", Stage(4, 2)),
            ("bn1", nn.BatchNorm2d(channels)),
            ("relu", nn.ReLU(inplace: true)),
            ("avgpool", nn.AdaptiveAvgPool2d(1)),
            ("flatten", nn.Flatten()),
        ];
        var classifier = nn.Linear(channels, classCount);
        var body = new FeatureBody(backbone, [("fc", classifier)]);
        KaimingInitialization.Apply(body);
        nn.init.zeros_(classifier.bias);
        return body;

        // The reference has a module around each sequence, and so 'layer' in its keys.
        Sequential Stage(int multiple, int stride)
        {
            var blocks = nn.Sequential();
            var width = (long)StemWidth * multiple * WidenFactor;
            for (var i = 0; i < (Depth - 4) / 6; i++, channels = width)
                blocks.append(new WideBlock(channels, width, i == 0 ? stride : 1, Dropout));
            return nn.Sequential(("layer", blocks));
        }
    }
}
