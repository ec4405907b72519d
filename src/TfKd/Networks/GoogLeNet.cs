using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// GoogLeNet (Szegedy et al., 'Going Deeper with Convolutions', CVPR 2015, table 1) with batch norm, as torchvision builds it, with
/// torchvision's state-dict keys and without its two auxiliary classifiers. Any image size from 15x15 works (from 2x2 with
/// <see cref="CifarStem"/>); the default is 224x224.
/// </summary>
/// <remarks>
/// Torchvision's network departs from the paper in places, and published weights are for it: 3x3 kernels where the paper has 5x5, and no
/// local response normalisation. Its published weights expect pixels (x / 255 - 0.5) / 0.5, which its option <c>transform_input</c> makes
/// of images normalised for other networks; here that is no part of the network, but a matter of <see cref="ImageNetwork.Normalization"/>:
/// mean 0.5 and standard deviation 0.5. With <see cref="CifarStem"/> and 100 classes it has 5,694,724 parameters. The code of Yuan et al.
/// (CVPR 2020) has 6,258,500: one 3x3 convolution from the image to 192 channels instead of three, two 3x3 convolutions instead of one for
/// the paper's 5x5, and biases.
/// </remarks>
/// <example><code>
/// var network = new GoogLeNet();
/// </code></example>
public sealed record GoogLeNet() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    /// <summary>
    /// Begins with a 3x3 convolution at full resolution instead of a 7x7 convolution of stride 2, and without the two max poolings before
    /// the first inception, as is usual for images of 32x32. Default: false. The input shape is set apart:
    /// <c>new GoogLeNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    public bool CifarStem { get; init; }

    /// <summary>
    /// The part of the features before the classifier that is zeroed in training, within [0, 1). Default: 0.2, as in torchvision (the
    /// paper: 0.4).
    /// </summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); } = 0.2;

    /// <summary>
    /// What comes before each halving of the resolution, from the last convolution before the inceptions on; with <see cref="CifarStem"/>
    /// from the first inceptions on.
    /// </summary>
    public override IReadOnlyList<string> GetStages() =>
        CifarStem ? ["inception3b", "inception4e", "inception5b"] : ["conv3", "inception3b", "inception4e", "inception5b"];

    /// <summary>The auxiliary classifiers.</summary>
    public override string? TranslateWeightKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.StartsWith("aux1.", StringComparison.Ordinal) || key.StartsWith("aux2.", StringComparison.Ordinal) ? null : key;
    }

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        if (CifarStem)
            SmallestImage.Require(this, 2, "two");
        else
            SmallestImage.Require(this, 15, "five");
        List<(string Name, nn.Module<Tensor, Tensor> Part)> backbone =
        [
            ("conv1", CifarStem ? new NormedConvolution(InputShape.Channels, 64, 3) : new NormedConvolution(InputShape.Channels, 64, 7, 2)),
        ];
        if (!CifarStem)
            backbone.Add(("maxpool1", Pool(3)));
        backbone.AddRange([("conv2", new NormedConvolution(64, 64, 1)), ("conv3", new NormedConvolution(64, 192, 3))]);
        if (!CifarStem)
            backbone.Add(("maxpool2", Pool(3)));
        var channels = 192L;
        AddInception("3a", new(64, (96, 128), (16, 32), 32));
        AddInception("3b", new(128, (128, 192), (32, 96), 64));
        backbone.Add(("maxpool3", Pool(3)));
        AddInception("4a", new(192, (96, 208), (16, 48), 64));
        AddInception("4b", new(160, (112, 224), (24, 64), 64));
        AddInception("4c", new(128, (128, 256), (24, 64), 64));
        AddInception("4d", new(112, (144, 288), (32, 64), 64));
        AddInception("4e", new(256, (160, 320), (32, 128), 128));
        backbone.Add(("maxpool4", Pool(2)));
        AddInception("5a", new(256, (160, 320), (32, 128), 128));
        AddInception("5b", new(384, (192, 384), (48, 128), 128));
        backbone.AddRange([("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten())]);
        var body = new FeatureBody(backbone, [("dropout", nn.Dropout(Dropout)), ("fc", nn.Linear(channels, classCount))]);
        Initialize(body);
        return body;

        void AddInception(string name, InceptionWidths widths)
        {
            backbone.Add(($"inception{name}", new Inception(channels, widths)));
            channels = widths.Sum;
        }
    }

    // Torchvision cuts the normal distribution at two hundred standard deviations, which changes nothing.
    private static void Initialize(FeatureBody body)
    {
        var weights = body.modules().Select(module => module switch
        {
            Conv2d convolution => convolution.weight,
            Linear linear => linear.weight,
            _ => null,
        });
        foreach (var weight in weights.OfType<Tensor>())
            nn.init.normal_(weight, 0, 0.01);
    }

    private static MaxPool2d Pool(long kernel) => nn.MaxPool2d(kernel, 2, ceil_mode: true);
}
