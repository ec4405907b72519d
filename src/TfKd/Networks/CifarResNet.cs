using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The ResNet of three stages for small images (He et al., 'Deep Residual Learning for Image Recognition', CVPR 2016, section 4.2), with
/// projection shortcuts (option B) unless <see cref="Shortcut"/> says otherwise. State-dict keys are those of the weights published for it:
/// <c>conv1</c>, <c>bn1</c>, <c>layer1.0.conv1</c>, ..., <c>layer2.0.downsample.0</c>, <c>fc</c>. Any image size works; the default is
/// 32x32.
/// </summary>
/// <example><code>
/// var network = new CifarResNet { Depth = 20 };
/// </code></example>
public sealed record CifarResNet() : NetworkArchitecture(new ImageShape(3, 32, 32))
{
    /// <summary>Number of weighted layers, 6n+2 for n blocks a stage: 8, 14, 20 (the default), 32, 44, 56, 110, ...</summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is not 6n+2, or below 8.</exception>
    public int Depth
    {
        get;
        init => field = value >= 8 && value % 6 == 2
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Depth), value, $"Depth must be 6n+2 (8, 14, 20, 32, 44, 56, 110, ...), but is {value}.");
    } = 20;

    /// <summary>Channels of the first stage (16, the default); the next two have twice and four times as many.</summary>
    public int Width { get; init => field = Require.Positive(value); } = 16;

    /// <summary>
    /// The shortcut at the beginning of the second and the third stage. Default: <see cref="ResidualShortcut.Projection"/>. The paper's own
    /// networks for CIFAR-10 have <see cref="ResidualShortcut.ZeroPadding"/>, and weights for them have no <c>downsample</c>.
    /// </summary>
    public ResidualShortcut Shortcut { get; init => field = Require.Defined(value); }

    /// <inheritdoc/>
    public override IReadOnlyList<string> GetStages() => ["layer1", "layer2", "layer3"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var blocks = (Depth - 2) / 6;
        return new ResidualNetwork(
            nn.Conv2d(InputShape.Channels, Width, 3, 1, 1, bias: false),
            stemPool: null,
            (inChannels, width, stride) => new BasicBlock(inChannels, width, stride, Shortcut),
            [(Width, blocks), (2 * Width, blocks), (4 * Width, blocks)],
            classCount);
    }
}
