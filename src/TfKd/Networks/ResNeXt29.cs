using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The ResNeXt of 29 layers for small images (Xie et al., 'Aggregated Residual Transformations for Deep Neural Networks', CVPR 2017,
/// section 5.3): three stages of three bottlenecks with grouped 3x3 convolutions. The default is ResNeXt-29, 8x64d. State-dict keys are
/// those of the library's other residual networks and of torchvision's ResNeXt: <c>conv1</c>, <c>bn1</c>, <c>layer1.0.conv1</c>, ...,
/// <c>layer2.0.downsample.0</c>, <c>fc</c>. Any image size works; the default is 32x32.
/// </summary>
/// <example><code>
/// var network = new ResNeXt29();
/// </code></example>
public sealed record ResNeXt29() : NetworkArchitecture(new ImageShape(3, 32, 32))
{
    private const int FirstWidth = 64;

    /// <summary>Number of groups of each 3x3 convolution (8, the default).</summary>
    public int Cardinality { get; init => field = Require.Positive(value); } = 8;

    /// <summary>
    /// Channels of each group in the first stage (64, the default); the next two stages have twice and four times as many.
    /// </summary>
    public int BaseWidth { get; init => field = Require.Positive(value); } = 64;

    /// <inheritdoc/>
    public override IReadOnlyList<string> GetStages() => ["layer1", "layer2", "layer3"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        var body = new ResidualNetwork(
            nn.Conv2d(InputShape.Channels, FirstWidth, 3, 1, 1, bias: false),
            stemPool: null,
            (inChannels, width, stride) => new Bottleneck(inChannels, width, stride, Cardinality, BaseWidth * width / FirstWidth),
            [(FirstWidth, 3), (2 * FirstWidth, 3), (4 * FirstWidth, 3)],
            classCount);
        // The reference draws the classifier as it draws convolutions.
        foreach (var classifier in body.modules().OfType<Linear>())
        {
            nn.init.kaiming_normal_(classifier.weight);
            nn.init.zeros_(classifier.bias);
        }
        return body;
    }
}
