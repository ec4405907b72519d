using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Patches to tokens by one convolution, a token for the class before them, the encoder, and a linear layer on what the encoder made of
/// that token.
/// </summary>
internal sealed class VisionTransformerBody : nn.Module<Tensor, Tensor>, IFeatureBody
{
    private readonly ImageShape _images;

    // The fields' names are the keys of weight files.
    private readonly Parameter class_token;
    private readonly Conv2d conv_proj;
    private readonly MapToTokens tokens;
    private readonly PrependToken prepend;
    private readonly TransformerEncoder encoder;
    private readonly FirstToken first;
    private readonly Sequential heads;

    /// <param name="images">Shape of the images, whose height and width divide by the patches'.</param>
    /// <param name="patchSize">Height and width of a patch.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="size">Sizes of a block.</param>
    /// <param name="classCount">Number of classes K.</param>
    public VisionTransformerBody(ImageShape images, int patchSize, int blocks, TransformerBlockSize size, int classCount)
        : base(nameof(VisionTransformerBody))
    {
        _images = images;
        class_token = OwnParameter.Of(zeros(1, 1, size.Width));
        conv_proj = nn.Conv2d(images.Channels, size.Width, patchSize, patchSize);
        tokens = new MapToTokens();
        prepend = new PrependToken();
        encoder = new TransformerEncoder(1 + images.Height / patchSize * (images.Width / patchSize), blocks, size);
        first = new FirstToken();
        var head = nn.Linear(size.Width, classCount);
        heads = nn.Sequential(("head", head));
        RegisterComponents();
        nn.init.normal_(conv_proj.weight, 0, Math.Sqrt(1.0 / (images.Channels * patchSize * patchSize)));
        nn.init.zeros_(conv_proj.bias!);
        nn.init.zeros_(head.weight);
        nn.init.zeros_(head.bias!);
    }

    public override Tensor forward(Tensor images)
    {
        using var features = Extract(images);
        return Classify(features);
    }

    /// <exception cref="ArgumentException">The images are of another size than the network was built for.</exception>
    public Tensor Extract(Tensor images)
    {
        if (images.shape[2] != _images.Height || images.shape[3] != _images.Width)
            throw new ArgumentException(
                $"A {nameof(VisionTransformer)} has a vector for each place of a patch and takes images of one size: expected [N,"
                    + $"{_images.Channels},{_images.Height},{_images.Width}], as its InputShape says, found {Require.ShapeText(images)}.",
                nameof(images));
        using var scope = NewDisposeScope();
        var sequence = prepend.call(tokens.call(conv_proj.call(images)), class_token);
        return first.call(encoder.call(sequence)).MoveToOuterDisposeScope();
    }

    public Tensor Classify(Tensor features) => heads.call(features);
}
