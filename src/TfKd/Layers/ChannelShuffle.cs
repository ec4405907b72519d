using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Takes the channels of several groups by turns: the first of each group, the second of each group, and so on (Zhang et al., 'ShuffleNet',
/// CVPR 2018, figure 1c).
/// </summary>
public sealed class ChannelShuffle : nn.Module<Tensor, Tensor>
{
    /// <summary>Makes the layer.</summary>
    /// <param name="groups">Number of groups, at least 1.</param>
    public ChannelShuffle(int groups) : base(nameof(ChannelShuffle))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
        Groups = groups;
    }

    /// <summary>Number of groups.</summary>
    public int Groups { get; }

    /// <inheritdoc/>
    /// <param name="input">[N,C,H,W].</param>
    /// <exception cref="ArgumentException">The channels do not divide into so many groups.</exception>
    public override Tensor forward(Tensor input)
    {
        var channels = Require.DividedChannels(input, Groups);
        var (batch, height, width) = (input.shape[0], input.shape[2], input.shape[3]);
        using var scope = NewDisposeScope();
        return input.reshape(batch, Groups, channels / Groups, height, width)
            .transpose(1, 2).reshape(batch, channels, height, width).MoveToOuterDisposeScope();
    }
}
