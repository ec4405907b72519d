using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Every token of a sequence [N,L,D] becomes a mean of all tokens, by weights of its own in each of several heads (Vaswani et al.,
/// 'Attention Is All You Need', NeurIPS 2017, section 3.2). The keys in weight files are those of PyTorch's <c>MultiheadAttention</c>.
/// </summary>
public sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files. The first two hold queries, keys and values, in this order.
    private readonly Parameter in_proj_weight;
    private readonly Parameter in_proj_bias;
    private readonly Linear out_proj;

    /// <summary>Makes the layer, with the weights that PyTorch's draws.</summary>
    /// <param name="width">Numbers in a token, D.</param>
    /// <param name="heads">Number of heads, which divides the width.</param>
    /// <param name="dropout">Probability with which training drops a weight of the mean, in [0, 1). Default: 0.</param>
    /// <exception cref="ArgumentException">The width does not divide by the number of heads.</exception>
    public SelfAttention(int width, int heads, double dropout = 0) : base(nameof(SelfAttention))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        if (width % heads != 0)
            throw new ArgumentException($"width must divide by heads, {heads}, but is {width}.", nameof(width));
        (Width, Heads, Dropout) = (width, heads, Require.FractionBelowOne(dropout, nameof(dropout)));
        in_proj_weight = OwnParameter.Of(empty(3 * width, width));
        in_proj_bias = OwnParameter.Of(zeros(3 * width));
        out_proj = nn.Linear(width, width);
        RegisterComponents();
        nn.init.xavier_uniform_(in_proj_weight);
        nn.init.zeros_(out_proj.bias!);
    }

    /// <summary>Numbers in a token, D.</summary>
    public int Width { get; }

    /// <summary>Number of heads.</summary>
    public int Heads { get; }

    /// <summary>Probability with which training drops a weight of the mean.</summary>
    public double Dropout { get; }

    internal Parameter InputWeight => in_proj_weight;

    internal Parameter InputBias => in_proj_bias;

    internal Linear Output => out_proj;

    /// <inheritdoc/>
    /// <param name="input">[N,L,D].</param>
    /// <exception cref="ArgumentException">The tokens are of another width.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() != 3 || input.shape[2] != Width)
            throw new ArgumentException($"input must have shape [N,L,{Width}], but has {Require.ShapeText(input)}.", nameof(input));
        using var scope = NewDisposeScope();
        var (batch, length) = (input.shape[0], input.shape[1]);
        var projected = nn.functional.linear(input, in_proj_weight, in_proj_bias)
            .view(batch, length, 3, Heads, Width / Heads).permute(2, 0, 3, 1, 4);
        var means = nn.functional.scaled_dot_product_attention(
            projected[0], projected[1], projected[2], p: training ? Dropout : 0);
        return out_proj.call(means.transpose(1, 2).reshape(batch, length, Width)).MoveToOuterDisposeScope();
    }
}
