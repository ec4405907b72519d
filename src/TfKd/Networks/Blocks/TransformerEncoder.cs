using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A learnt vector added to each token for its place in the sequence, blocks, and a layer norm.</summary>
internal sealed class TransformerEncoder : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly Parameter pos_embedding;
    private readonly Dropout dropout;
    private readonly Sequential layers;
    private readonly LayerNorm ln;
    private readonly Add add;

    /// <param name="length">Number of tokens.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="size">Sizes of a block.</param>
    public TransformerEncoder(long length, int blocks, TransformerBlockSize size) : base(nameof(TransformerEncoder))
    {
        pos_embedding = OwnParameter.Of(empty(1, length, size.Width));
        dropout = nn.Dropout(size.Dropout);
        layers = nn.Sequential();
        for (var i = 0; i < blocks; i++)
            layers.append($"encoder_layer_{i}", new TransformerBlock(size));
        ln = nn.LayerNorm(size.Width, TransformerBlock.Epsilon);
        add = new Add();
        RegisterComponents();
        nn.init.normal_(pos_embedding, 0, 0.02);
    }

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var x = dropout.call(add.call(tokens, pos_embedding));
        return ln.call(layers.call(x)).MoveToOuterDisposeScope();
    }
}
