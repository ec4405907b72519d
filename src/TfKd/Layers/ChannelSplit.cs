using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// One of several equal ranges of channels, [N,C,H,W] to [N,C/parts,H,W], as a layer of its own, so that the ONNX export sees it.
/// </summary>
public sealed class ChannelSplit : nn.Module<Tensor, Tensor>
{
    /// <summary>Makes the layer.</summary>
    /// <param name="part">Which range, from 0.</param>
    /// <param name="parts">Number of ranges. Default: 2.</param>
    public ChannelSplit(int part, int parts = 2) : base(nameof(ChannelSplit))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(part, parts);
        (Part, Parts) = (part, parts);
    }

    /// <summary>Which range, from 0.</summary>
    public int Part { get; }

    /// <summary>Number of ranges.</summary>
    public int Parts { get; }

    /// <inheritdoc/>
    /// <param name="input">[N,C,H,W]; the result shares its memory.</param>
    /// <exception cref="ArgumentException">The channels do not divide into so many ranges.</exception>
    public override Tensor forward(Tensor input)
    {
        var width = Require.DividedChannels(input, Parts) / Parts;
        return input.narrow(1, Part * width, width);
    }
}
