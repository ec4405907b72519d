using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Widths of a <see cref="TransformerBlock"/>, and what it drops in training.</summary>
/// <param name="Width">Numbers in a token.</param>
/// <param name="Heads">Heads of the attention.</param>
/// <param name="Dropout">Probability with which a number is dropped.</param>
/// <param name="AttentionDropout">Probability with which a weight of the attention is dropped.</param>
internal readonly record struct TransformerBlockSize(int Width, int Heads, double Dropout, double AttentionDropout);

/// <summary>
/// Self-attention and two linear layers with a GELU between them, each behind a layer norm and added to its input (Dosovitskiy et al., ICLR
/// 2021, figure 1 right).
/// </summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>
{
    /// <summary>Added to the variance in layer norms, as in torchvision.</summary>
    public const double Epsilon = 1e-6;

    // Numbers between the two linear layers by those in a token.
    private const int Expansion = 4;

    // The fields' names are the keys of weight files.
    private readonly LayerNorm ln_1;
    private readonly SelfAttention self_attention;
    private readonly Dropout dropout;
    private readonly LayerNorm ln_2;
    private readonly Sequential mlp;
    private readonly Add add;

    public TransformerBlock(TransformerBlockSize size) : base(nameof(TransformerBlock))
    {
        ln_1 = nn.LayerNorm(size.Width, Epsilon);
        self_attention = new SelfAttention(size.Width, size.Heads, size.AttentionDropout);
        dropout = nn.Dropout(size.Dropout);
        ln_2 = nn.LayerNorm(size.Width, Epsilon);
        var (widening, narrowing) = (nn.Linear(size.Width, Expansion * size.Width), nn.Linear(Expansion * size.Width, size.Width));
        mlp = nn.Sequential(widening, nn.GELU(), nn.Dropout(size.Dropout), narrowing, nn.Dropout(size.Dropout));
        add = new Add();
        RegisterComponents();
        foreach (var linear in new[] { widening, narrowing })
        {
            nn.init.xavier_uniform_(linear.weight);
            nn.init.normal_(linear.bias!, 0, 1e-6);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var attended = add.call(dropout.call(self_attention.call(ln_1.call(input))), input);
        return add.call(attended, mlp.call(ln_2.call(attended))).MoveToOuterDisposeScope();
    }
}
