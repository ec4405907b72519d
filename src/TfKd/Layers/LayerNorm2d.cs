using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Layer norm over the channels of each position of a map [N,C,H,W] (Ba et al., 'Layer Normalization', 2016, as ConvNeXt uses it), with a
/// weight and a bias for each channel.
/// </summary>
public sealed class LayerNorm2d : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Makes the layer, with weights of 1 and biases of 0.</summary>
    /// <param name="channels">Number of channels, at least 1.</param>
    /// <param name="epsilon">Added to the variance, above 0. Default: 1e-6.</param>
    public LayerNorm2d(long channels, double epsilon = 1e-6) : base(nameof(LayerNorm2d))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        Epsilon = Require.Positive(epsilon, nameof(epsilon));
        weight = OwnParameter.Of(ones(channels));
        bias = OwnParameter.Of(zeros(channels));
        RegisterComponents();
    }

    /// <summary>Added to the variance.</summary>
    public double Epsilon { get; }

    internal Parameter Weight => weight;

    internal Parameter Bias => bias;

    /// <inheritdoc/>
    /// <param name="input">[N,C,H,W].</param>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return nn.functional.layer_norm(input.permute(0, 2, 3, 1), [weight.shape[0]], weight, bias, Epsilon)
            .permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
