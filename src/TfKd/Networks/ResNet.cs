using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The ResNet of four stages (He et al., 'Deep Residual Learning for Image Recognition', CVPR 2016, table 1), as torchvision builds it,
/// with torchvision's state-dict keys. Any image size works; the default is 224x224.
/// </summary>
public sealed record ResNet() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    /// <summary>
    /// Number of weighted layers: 18 (the default), 20, 34, 50 or 101. 20 is 18 with a third block in the last stage, which no table of the
    /// paper has: the network that the package Microsoft.ML.DnnImageFeaturizer.ResNet18 brings under the name of ResNet-18.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another.</exception>
    public int Depth
    {
        get;
        init => field = value is 18 or 20 or 34 or 50 or 101
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Depth), value, $"Depth must be 18, 20, 34, 50 or 101, but is {value}.");
    } = 18;

    /// <summary>
    /// Begins with a 3x3 convolution at full resolution instead of a 7x7 convolution of stride 2 and a max pooling, as is usual for images
    /// of 32x32. Default: false. The input shape is set apart:
    /// <c>new ResNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    public bool CifarStem { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> GetStages() => ["layer1", "layer2", "layer3", "layer4"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        int[] blocks = Depth switch { 18 => [2, 2, 2, 2], 20 => [2, 2, 2, 3], 34 or 50 => [3, 4, 6, 3], _ => [3, 4, 23, 3] };
        ResidualBlockFactory block = Depth < 50
            ? (inChannels, width, stride) => new BasicBlock(inChannels, width, stride)
            : (inChannels, width, stride) => new Bottleneck(inChannels, width, stride);
        return new ResidualNetwork(
            CifarStem ? nn.Conv2d(InputShape.Channels, 64, 3, 1, 1, bias: false) : nn.Conv2d(InputShape.Channels, 64, 7, 2, 3, bias: false),
            CifarStem ? null : nn.MaxPool2d(3, 2, 1),
            block,
            [(64, blocks[0]), (128, blocks[1]), (256, blocks[2]), (512, blocks[3])],
            classCount);
    }
}
