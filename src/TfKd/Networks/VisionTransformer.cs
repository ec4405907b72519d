using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The transformer on patches of an image (Dosovitskiy et al., 'An Image is Worth 16x16 Words', ICLR 2021, table 1), as torchvision builds
/// it, with torchvision's state-dict keys. The default is ViT-B/16 for images of 224x224. Any size that divides into patches works, but
/// weights are for one size: those of another are refused, since the network has a vector for each place of a patch.
/// </summary>
/// <remarks>
/// ViT-Ti/16 and ViT-S/16 (Touvron et al., 'Training data-efficient image transformers', ICML 2021, table 1) are <see cref="Width"/> 192
/// and 384; ViT-L/16 is width 1024 with 24 blocks. Its authors find it behind convolutional networks on fewer images than millions, and
/// train it with Adam: <see cref="AdamW"/>.
/// </remarks>
/// <example><code>
/// var tiny = new VisionTransformer { Width = 192 };
/// </code></example>
public sealed record VisionTransformer() : NetworkArchitecture(new ImageShape(3, 224, 224))
{
    // The last stage is the encoder whole.
    private const int Stages = 4;

    /// <summary>Height and width of a patch (16, the default), which divide those of the images.</summary>
    public int PatchSize { get; init => field = Require.Positive(value); } = 16;

    /// <summary>Numbers in a token (768, the default).</summary>
    public int Width { get; init => field = Require.Positive(value); } = 768;

    /// <summary>Numbers of a token that one head of the attention looks at (64, the default), which divide the width.</summary>
    public int HeadWidth { get; init => field = Require.Positive(value); } = 64;

    /// <summary>Number of blocks (12, the default).</summary>
    public int Blocks { get; init => field = Require.Positive(value); } = 12;

    /// <summary>Probability with which training drops a number behind each part of a block, in [0, 1). Default: 0, torchvision's.</summary>
    public double Dropout { get; init => field = Require.FractionBelowOne(value); }

    /// <summary>Probability with which training drops a weight of the attention, in [0, 1). Default: 0, torchvision's.</summary>
    public double AttentionDropout { get; init => field = Require.FractionBelowOne(value); }

    /// <summary>The blocks after a quarter, a half and three quarters of them, and the encoder behind its last layer norm.</summary>
    public override IReadOnlyList<string> GetStages() =>
    [
        .. Enumerable.Range(1, Stages - 1).Select(stage => Blocks * stage / Stages).Where(count => count > 0).Distinct()
            .Select(count => $"encoder.layers.encoder_layer_{count - 1}"),
        "encoder",
    ];

    /// <summary>The tokens of the patches at their places, [N,width,H/patch,W/patch]; that of the class is left out.</summary>
    public override Tensor ToMap(Tensor stageOutput)
    {
        ArgumentNullException.ThrowIfNull(stageOutput);
        using var scope = NewDisposeScope();
        return stageOutput.narrow(1, 1, stageOutput.shape[1] - 1).transpose(1, 2)
            .unflatten(2, InputShape.Height / PatchSize, InputShape.Width / PatchSize).MoveToOuterDisposeScope();
    }

    /// <summary>Torchvision's published files call the linear layers of a block linear_1 and linear_2.</summary>
    public override string TranslateWeightKey(string key) =>
        key.Replace(".mlp.linear_1.", ".mlp.0.", StringComparison.Ordinal).Replace(".mlp.linear_2.", ".mlp.3.", StringComparison.Ordinal);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The images do not divide into patches, or the width into heads.</exception>
    protected override nn.Module<Tensor, Tensor> BuildBody(int classCount)
    {
        if (InputShape.Height % PatchSize != 0 || InputShape.Width % PatchSize != 0)
            throw new InvalidOperationException(
                $"VisionTransformer cuts images into patches of {PatchSize}x{PatchSize}, but InputShape is {InputShape}; set ImageWidth "
                    + $"and ImageHeight to multiples of {PatchSize}, or PatchSize to a divisor.");
        if (Width % HeadWidth != 0)
            throw new InvalidOperationException($"Width must divide by HeadWidth, {HeadWidth}, but is {Width}.");
        return new VisionTransformerBody(
            InputShape, PatchSize, Blocks, new(Width, Width / HeadWidth, Dropout, AttentionDropout), classCount);
    }
}
