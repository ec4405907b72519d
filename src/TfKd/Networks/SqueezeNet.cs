using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// SqueezeNet (Iandola et al., 'SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and &lt;0.5MB model size', 2016, table 1), as
/// torchvision builds it, with torchvision's state-dict keys; without batch norm. Any image size from 21x21 works (version 1.1: from 17x17;
/// with <see cref="CifarStem"/>: from 8x8); the default is 224x224.
/// </summary>
/// <remarks>
/// The classifier ends in an activation, so logits are never below 0; for a class that is 0 for every image no gradient is left.
/// </remarks>
/// <example><code>
/// var options = new TorchImageClassificationTrainer.Options { Network = new SqueezeNet(), Optimizer = new TfKd.AdamW() };
/// </code></example>
public sealed record SqueezeNet() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    /// <summary>
    /// 1.0, the paper's (the default): 96 channels in the first convolution, of 7x7, and poolings behind it, fire 4 and fire 8. Or 1.1, its
    /// authors' later one: 64 channels in the first convolution, of 3x3, and poolings behind it, fire 3 and fire 5, with less than half the
    /// computations.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The version is another.</exception>
    public double Version
    {
        get;
        init => field = value is 1.0 or 1.1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Version), value, $"Version must be 1.0 or 1.1, but is {value}.");
    } = 1.0;

    /// <summary>
    /// Begins with a 3x3 convolution at full resolution instead of a convolution of stride 2, as is usual for images of 32x32; the max
    /// pooling behind it stays. Default: false. The input shape is set apart:
    /// <c>new SqueezeNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    public bool CifarStem { get; init; }

    /// <summary>
    /// The part of the features before the classifier that is zeroed in training, within [0, 1). Default: 0.5, as in torchvision and the
    /// paper.
    /// </summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); } = 0.5;

    /// <summary>The fire modules before each pooling, and the last one.</summary>
    public override IReadOnlyList<string> GetStages() =>
        Version is 1.0 ? ["features.5", "features.10", "features.12"] : ["features.4", "features.7", "features.12"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var first = Version is 1.0;
        if (CifarStem)
            SmallestImage.Require(this, 8, "three");
        else
            SmallestImage.Require(this, first ? 21 : 17, "four");
        var channels = first ? 96L : 64L;
        var stem = CifarStem
            ? nn.Conv2d(InputShape.Channels, channels, 3, 1, 1)
            : nn.Conv2d(InputShape.Channels, channels, first ? 7 : 3, 2);
        var features = nn.Sequential(stem, nn.ReLU(inplace: true), Pool());
        int[] poolBehind = first ? [4, 8] : [3, 5];
        // Fire 2 to fire 9: channels squeezed to, and of the output.
        (int, int)[] fires = [(16, 128), (16, 128), (32, 256), (32, 256), (48, 384), (48, 384), (64, 512), (64, 512)];
        foreach (var (number, (squeezed, expanded)) in fires.Index())
        {
            features.append(new Fire(channels, squeezed, expanded));
            channels = expanded;
            if (poolBehind.Contains(number + 2))
                features.append(Pool());
        }
        var last = nn.Conv2d(channels, classCount, 1);
        var classifier = nn.Sequential(nn.Dropout(Dropout), last, nn.ReLU(inplace: true), nn.AdaptiveAvgPool2d(1));
        foreach (var convolution in features.modules().OfType<Conv2d>())
        {
            nn.init.kaiming_uniform_(convolution.weight, nonlinearity: nn.init.NonlinearityType.ReLU);
            nn.init.zeros_(convolution.bias!);
        }
        nn.init.normal_(last.weight, 0, 0.01);
        nn.init.zeros_(last.bias!);
        return new FeatureBody([("features", features)], [("classifier", classifier), ("flatten", nn.Flatten())]);
    }

    private static MaxPool2d Pool() => nn.MaxPool2d(3, 2, ceil_mode: true);
}
