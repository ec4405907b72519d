using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Maps pixels 0 to 255 to (x / 255 - mean) / std, channel by channel. Identity statistics (mean 0, std 1) until <see cref="Set"/>.</summary>
public sealed class Normalize : nn.Module<Tensor, Tensor>
{
    private readonly Tensor scale;
    private readonly Tensor shift;

    /// <summary>Makes the layer for images of so many channels.</summary>
    public Normalize(int channels) : base(nameof(Normalize))
    {
        Statistics = new ChannelStatistics([.. Enumerable.Repeat(0.0, channels)], [.. Enumerable.Repeat(1.0, channels)]);
        scale = torch.empty(1, channels, 1, 1);
        shift = torch.empty(1, channels, 1, 1);
        // Not persistent: a weight file of a reference implementation has no such key.
        register_buffer(nameof(scale), scale, persistent: false);
        register_buffer(nameof(shift), shift, persistent: false);
        Set(Statistics);
    }

    /// <summary>The statistics in force.</summary>
    public ChannelStatistics Statistics { get; private set; }

    /// <summary>Per channel multiplier: 1 / (255 std).</summary>
    internal float[] Scale => [.. Statistics.Std.Select(std => (float)(1 / (255 * std)))];

    /// <summary>Per channel addend: -mean / std.</summary>
    internal float[] Shift => [.. Statistics.Mean.Zip(Statistics.Std, (mean, std) => (float)(-mean / std))];

    /// <summary>Replaces the statistics.</summary>
    public void Set(ChannelStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        if (statistics.Mean.Count != scale.shape[1])
            throw new ArgumentException($"The statistics are of {statistics.Mean.Count} channels, but the network takes {scale.shape[1]}.", nameof(statistics));
        Statistics = statistics;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        scale.copy_(tensor(Scale).view(1, -1, 1, 1));
        shift.copy_(tensor(Shift).view(1, -1, 1, 1));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return (images.to(scale.dtype) * scale + shift).MoveToOuterDisposeScope();
    }
}
