using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// In training, zeroes all that a branch returned for a sample with some probability, and divides what it returned for the others by the
/// probability of being kept (Huang et al., 'Deep Networks with Stochastic Depth', ECCV 2016). In evaluation it changes nothing.
/// </summary>
/// <remarks>Draws from Torch's global generator, as dropout does, so that training seeds both alike.</remarks>
public sealed class StochasticDepth : nn.Module<Tensor, Tensor>
{
    /// <summary>Makes the layer.</summary>
    /// <param name="probability">With which a sample is zeroed, in [0, 1).</param>
    public StochasticDepth(double probability) : base(nameof(StochasticDepth)) =>
        Probability = Require.FractionBelowOne(probability, nameof(probability));

    /// <summary>With which a sample is zeroed.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    /// <param name="input">[N,...].</param>
    public override Tensor forward(Tensor input)
    {
        if (!training || Probability == 0)
            return input.alias();
        using var scope = NewDisposeScope();
        long[] shape = [input.shape[0], .. Enumerable.Repeat(1L, (int)input.dim() - 1)];
        var kept = empty(shape, input.dtype, input.device).bernoulli_(1 - Probability).div_(1 - Probability);
        return (input * kept).MoveToOuterDisposeScope();
    }
}
