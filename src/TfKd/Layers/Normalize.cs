using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Maps pixels 0 to 255 to (x / 255 - mean) / std, channel by channel. Identity statistics (mean 0, std 1) until <see cref="Set"/>.
/// </summary>
/// <remarks>
/// The statistics are no part of the state dict: a weight file of a reference implementation has no such key. A network in half precision
/// still normalises in float32 and rounds the result only, since rounded statistics would shift every pixel the same way.
/// </remarks>
public sealed class Normalize : nn.Module<Tensor, Tensor>
{
    // A pair, not two fields: TorchSharp registers a field that is a tensor as a persistent buffer, and neither moves nor disposes
    // non-persistent ones.
    private (Tensor Scale, Tensor Shift)? _affine;
    private ScalarType _outputType = ScalarType.Float32;
    private Device _device = CPU;

    /// <summary>Makes the layer for images of so many channels.</summary>
    public Normalize(int channels) : base(nameof(Normalize))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        Statistics = new ChannelStatistics([.. Enumerable.Repeat(0.0, channels)], [.. Enumerable.Repeat(1.0, channels)]);
        MakeTensors();
    }

    /// <summary>The statistics in force.</summary>
    public ChannelStatistics Statistics { get; private set; }

    /// <summary>Per channel multiplier: 1 / (255 std).</summary>
    internal double[] Scale => [.. Statistics.Std.Select(std => 1 / (255 * std))];

    /// <summary>Per channel addend: -mean / std.</summary>
    internal double[] Shift => [.. Statistics.Mean.Zip(Statistics.Std, (mean, std) => -mean / std)];

    /// <summary>Replaces the statistics.</summary>
    /// <exception cref="ArgumentException">The statistics are of another number of channels.</exception>
    public void Set(ChannelStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        if (statistics.Mean.Count != Statistics.Mean.Count)
            throw new ArgumentException(
                $"The statistics are of {statistics.Mean.Count} channels, but the network takes {Statistics.Mean.Count}.",
                nameof(statistics));
        Statistics = statistics;
        MakeTensors();
    }

    /// <inheritdoc/>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    /// <exception cref="ArgumentException">
    /// The images are of another number of channels: Torch would broadcast one channel to all without a word.
    /// </exception>
    public override Tensor forward(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.dim() != 4 || images.shape[1] != Statistics.Mean.Count)
            throw new ArgumentException(
                $"images must have shape [N,{Statistics.Mean.Count},H,W], but have {Require.ShapeText(images)}.", nameof(images));
        var (scale, shift) = _affine!.Value;
        using var scope = NewDisposeScope();
        return (images.to(scale.dtype) * scale + shift).to(_outputType).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        base._toEpilog(dtype, device, non_blocking);
        _outputType = dtype ?? _outputType;
        _device = device ?? _device;
        MakeTensors();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            DisposeTensors();
        base.Dispose(disposing);
    }

    private void MakeTensors()
    {
        DisposeTensors();
        _affine = (ToTensor(Scale), ToTensor(Shift));
    }

    private Tensor ToTensor(double[] values)
    {
        using var scope = NewDisposeScope();
        var type = _outputType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        // The layer may be built, or moved, within a scope that ends before it does.
        return tensor(values, type, _device).view(1, -1, 1, 1).DetachFromDisposeScope();
    }

    private void DisposeTensors()
    {
        _affine?.Scale.Dispose();
        _affine?.Shift.Dispose();
        _affine = null;
    }
}
