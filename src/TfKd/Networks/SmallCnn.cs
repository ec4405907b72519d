using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A small, quick network for a first try: seven 3x3 convolutions with batch norm in four stages, halved in resolution between stages, then
/// the mean over positions and a linear classifier; VGG's plan (Simonyan and Zisserman, ICLR 2015) with about 0.3 million parameters by
/// default. Any image size from 8x8 works; the default is 32x32.
/// </summary>
/// <example><code>
/// var network = new SmallCnn { Width = 32, InputShape = new ImageShape(3, 64, 64) };
/// </code></example>
public sealed record SmallCnn() : NetworkArchitecture(new ImageShape(3, 32, 32))
{
    /// <summary>Channels of the first stage (16, the default); the next three have two, four and eight times as many.</summary>
    public int Width { get; init => field = Require.Positive(value); } = 16;

    /// <summary>The last activation of each of the four stages.</summary>
    public override IReadOnlyList<string> GetStages() => ["features.2", "features.9", "features.16", "features.23"];

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        SmallestImage.Require(this, 8, "three");
        var features = nn.Sequential();
        long channels = InputShape.Channels;
        foreach (var (width, convolutions) in new[] { (Width, 1), (2 * Width, 2), (4 * Width, 2), (8 * Width, 2) })
        {
            if (width != Width)
                features.append(nn.MaxPool2d(2));
            for (var i = 0; i < convolutions; i++, channels = width)
                features.append(nn.Conv2d(channels, width, 3, padding: 1, bias: false))
                    .append(nn.BatchNorm2d(width)).append(nn.ReLU(inplace: true));
        }
        var body = new FeatureBody([("features", features), ("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())],
            [("fc", nn.Linear(channels, classCount))]);
        KaimingInitialization.Apply(body);
        return body;
    }
}
