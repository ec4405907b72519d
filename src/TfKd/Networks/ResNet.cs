using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The ResNet of four stages (He et al., 'Deep Residual Learning for Image Recognition', CVPR 2016, table 1), as torchvision builds it,
/// with torchvision's state-dict keys. Any image size works; the default is 224x224.
/// </summary>
/// <example><code>
/// var network = new ResNet { Depth = 18, CifarStem = true, InputShape = new ImageShape(3, 32, 32) };
/// </code></example>
public sealed record ResNet() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    private const int MostStages = 4;

    /// <summary>
    /// Number of weighted layers: 18 (the default), 20, 34, 50 or 101. 20 is 18 with a third block in the last stage, which no table of the
    /// paper has: the network that the package Microsoft.ML.DnnImageFeaturizer.ResNet18 brings under the name of ResNet-18.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another.</exception>
    public int Depth { get; init => field = Require.OneOf(value, [18, 20, 34, 50, 101]); } = 18;

    /// <summary>
    /// Begins with a 3x3 convolution at full resolution instead of a 7x7 convolution of stride 2 and a max pooling, as is usual for images
    /// of 32x32. Default: false. The input shape is set apart:
    /// <c>new ResNet { CifarStem = true, InputShape = new ImageShape(3, 32, 32) }</c>.
    /// </summary>
    public bool CifarStem { get; init; }

    /// <summary>
    /// Blocks of each stage, for from two to four stages, each above 0: a shallower network, whose stages that are left out save most of
    /// the weights. Default null: those of <see cref="Depth"/>, which otherwise says the kind of block only (basic below 50, bottleneck
    /// from there).
    /// </summary>
    /// <exception cref="ArgumentException">There are fewer than two stages, or more than four.</exception>
    public IReadOnlyList<int>? StageBlocks { get; init => field = Positive(value, nameof(StageBlocks)); }

    /// <summary>
    /// Channels of each stage, as many as there are stages, each above 0; the first is that of the stem, too, and bottlenecks put out four
    /// times as many. Default null: 64, 128, 256, 512.
    /// </summary>
    /// <exception cref="ArgumentException">There are fewer than two stages, or more than four.</exception>
    public IReadOnlyList<int>? StageWidths { get; init => field = Positive(value, nameof(StageWidths)); }

    /// <summary>
    /// Whether the features go through a <see cref="RootNormalize"/> before the head: for a linear head on features that were learnt for
    /// other images. Default: false, as published networks are.
    /// </summary>
    public bool NormalizedFeatures { get; init; }

    /// <summary>
    /// How many stages the head sees, from the last one back: the mean over positions of each, one behind the other, each normalised where
    /// <see cref="NormalizedFeatures"/> says so. Above 0, and no more than there are stages. Default 1, the last alone, as published
    /// networks have it. For a linear head on features that were learnt for other images: earlier stages know of textures and colours what
    /// the last one has left out.
    /// </summary>
    public int PooledStages { get; init => field = Require.Positive(value); } = 1;

    private int[] DepthBlocks => Depth switch { 18 => [2, 2, 2, 2], 20 => [2, 2, 2, 3], 34 or 50 => [3, 4, 6, 3], _ => [3, 4, 23, 3] };

    private int StageCount => (StageBlocks ?? StageWidths)?.Count ?? MostStages;

    /// <inheritdoc/>
    public override IReadOnlyList<string> GetStages() => [.. Enumerable.Range(1, StageCount).Select(stage => $"layer{stage}")];

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">
    /// Blocks and widths are of different numbers of stages, or more stages are pooled than there are.
    /// </exception>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        if (StageBlocks is not null && StageWidths is not null && StageBlocks.Count != StageWidths.Count)
        {
            throw new InvalidOperationException(
                $"{nameof(StageBlocks)} are of {StageBlocks.Count} stages, but {nameof(StageWidths)} of {StageWidths.Count}; give one "
                + "number a stage in both.");
        }

        if (PooledStages > StageCount)
        {
            throw new InvalidOperationException(
                $"{nameof(PooledStages)} is {PooledStages}, but there are {StageCount} stages; expected as many at most.");
        }

        ResidualBlockFactory block = Depth < 50
            ? (inChannels, width, stride) => new BasicBlock(inChannels, width, stride)
            : (inChannels, width, stride) => new Bottleneck(inChannels, width, stride);
        var stages = (StageWidths ?? [64, 128, 256, 512]).Zip(StageBlocks ?? DepthBlocks).Take(StageCount).ToArray();
        var stem = stages[0].First;
        return new ResidualNetwork(
            CifarStem
                ? nn.Conv2d(InputShape.Channels, stem, 3, 1, 1, bias: false)
                : nn.Conv2d(InputShape.Channels, stem, 7, 2, 3, bias: false),
            CifarStem ? null : nn.MaxPool2d(3, 2, 1),
            block,
            stages,
            classCount,
            new FeaturePooling(PooledStages, NormalizedFeatures));
    }

    private static ValueList<int>? Positive(IReadOnlyList<int>? values, string name)
    {
        if (values is null)
            return null;
        if (values.Count is < 2 or > MostStages)
        {
            throw new ArgumentException(
                $"{name} must have one number for each of 2 to {MostStages} stages, but has {values.Count}.", name);
        }

        return new(values.Select(value => Require.Positive(value, name)));
    }
}
