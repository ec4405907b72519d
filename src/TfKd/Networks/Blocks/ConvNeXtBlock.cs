using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A depthwise 7x7 convolution, layer norm, and two linear layers along the channels with a GELU between them, each channel times a factor
/// of its own, and the input (Liu et al., 'A ConvNet for the 2020s', CVPR 2022, figure 4 right).
/// </summary>
internal sealed class ConvNeXtBlock : nn.Module<Tensor, Tensor>
{
    /// <summary>Added to the variance in layer norms, as in the paper's code.</summary>
    public const double Epsilon = 1e-6;

    // The factors begin small, so that a deep network begins as nearly the identity.
    private const double LayerScale = 1e-6;

    // The fields' names are the keys of weight files.
    private readonly Parameter layer_scale;
    private readonly Sequential block;
    private readonly Multiply multiply;
    private readonly StochasticDepth? stochastic_depth;
    private readonly Add add;

    /// <param name="channels">Channels of input and output.</param>
    /// <param name="dropProbability">With which training leaves the block out for a sample.</param>
    public ConvNeXtBlock(long channels, double dropProbability) : base(nameof(ConvNeXtBlock))
    {
        layer_scale = OwnParameter.Of(full([channels, 1, 1], LayerScale));
        block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding: 3, groups: channels), new Permute(0, 2, 3, 1), nn.LayerNorm(channels, Epsilon),
            nn.Linear(channels, 4 * channels), nn.GELU(), nn.Linear(4 * channels, channels), new Permute(0, 3, 1, 2));
        multiply = new Multiply();
        stochastic_depth = dropProbability > 0 ? new StochasticDepth(dropProbability) : null;
        add = new Add();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var residual = multiply.call(block.call(input), layer_scale);
        if (stochastic_depth is not null)
            residual = stochastic_depth.call(residual);
        return add.call(residual, input).MoveToOuterDisposeScope();
    }
}
