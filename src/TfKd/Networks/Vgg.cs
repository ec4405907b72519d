using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// VGG (Simonyan and Zisserman, 'Very Deep Convolutional Networks for Large-Scale Image Recognition', ICLR 2015, table 1, columns A, B, D,
/// E) with batch norm, as torchvision builds it (<c>vgg16_bn</c> and its kin), with torchvision's state-dict keys. Any image size from
/// 32x32 works; the default is 224x224.
/// </summary>
/// <remarks>
/// The usual form for images of 32x32 is <c>new Vgg { PoolSize = 1, InputShape = new ImageShape(3, 32, 32) }</c>. The code of Yuan et al.
/// (CVPR 2020) takes torchvision's network as it is for them (<see cref="PoolSize"/> 7), so that its classifier reads 49 copies of the one
/// position that is left.
/// </remarks>
/// <example><code>
/// var network = new Vgg { Depth = 16, PoolSize = 1, InputShape = new ImageShape(3, 32, 32) };
/// </code></example>
public sealed record Vgg() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    /// <summary>Number of weighted layers: 11, 13, 16 (the default) or 19.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another.</exception>
    public int Depth { get; init => field = Require.OneOf(value, [11, 13, 16, 19]); } = 16;

    /// <summary>
    /// Height and width of the map that the classifier reads, to which the last one is averaged: 7 (the default, torchvision's), or 1 as is
    /// usual for images of 32x32.
    /// </summary>
    public int PoolSize { get; init => field = Require.Positive(value); } = 7;

    /// <summary>
    /// Width of the classifier's two hidden layers (4096, the default); with a pool size of 7 they hold nine tenths of all parameters.
    /// </summary>
    public int HiddenUnits { get; init => field = Require.Positive(value); } = 4096;

    /// <summary>
    /// The part of each hidden layer of the classifier that is zeroed in training, within [0, 1). Default: 0.5, as in torchvision and the
    /// paper.
    /// </summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); } = 0.5;

    /// <summary>The last activation before each of the five poolings.</summary>
    public override IReadOnlyList<string> GetStages()
    {
        // Each convolution is three layers of the sequence, and each pooling one.
        var end = -2;
        return [.. Convolutions.Select(count => $"features.{end += 3 * count + 1}")];
    }

    private int[] Convolutions =>
        Depth switch { 11 => [1, 1, 2, 2, 2], 13 => [2, 2, 2, 2, 2], 16 => [2, 2, 3, 3, 3], _ => [2, 2, 4, 4, 4] };

    /// <inheritdoc/>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        SmallestImage.Require(this, 32, "five");
        var features = nn.Sequential();
        long channels = InputShape.Channels;
        foreach (var (convolutions, width) in Convolutions.Zip([64, 128, 256, 512, 512]))
        {
            for (var i = 0; i < convolutions; i++, channels = width)
                features.append(nn.Conv2d(channels, width, 3, padding: 1)).append(nn.BatchNorm2d(width)).append(nn.ReLU(inplace: true));
            features.append(nn.MaxPool2d(2, 2));
        }
        var classifier = nn.Sequential(
            nn.Linear(channels * PoolSize * PoolSize, HiddenUnits), nn.ReLU(inplace: true), nn.Dropout(Dropout),
            nn.Linear(HiddenUnits, HiddenUnits), nn.ReLU(inplace: true), nn.Dropout(Dropout),
            nn.Linear(HiddenUnits, classCount));
        var body = new FeatureBody(
            [("features", features), ("avgpool", nn.AdaptiveAvgPool2d(PoolSize)), ("flatten", nn.Flatten())], [("classifier", classifier)]);
        KaimingInitialization.Apply(body);
        foreach (var linear in classifier.modules().OfType<Linear>())
        {
            nn.init.normal_(linear.weight, 0, 0.01);
            nn.init.zeros_(linear.bias!);
        }
        return body;
    }
}
