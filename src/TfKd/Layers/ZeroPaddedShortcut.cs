using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Every n-th row and column, and channels of zeros on both sides: the shortcut without parameters (option A) of He et al., 'Deep Residual
/// Learning for Image Recognition', CVPR 2016. The paper does not say where the zeros go; published weights have half of them before and
/// half behind.
/// </summary>
internal sealed class ZeroPaddedShortcut : nn.Module<Tensor, Tensor>
{
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output, no fewer. Of an odd number of zeros the larger half goes behind.</param>
    /// <param name="stride">How far the rows, and the columns, lie apart that are taken.</param>
    public ZeroPaddedShortcut(long inChannels, long outChannels, long stride) : base(nameof(ZeroPaddedShortcut))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, inChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        Stride = stride;
        Before = (outChannels - inChannels) / 2;
        Behind = outChannels - inChannels - Before;
    }

    /// <summary>How far the rows, and the columns, lie apart that are taken.</summary>
    public long Stride { get; }

    /// <summary>Channels of zeros before the input's.</summary>
    public long Before { get; }

    /// <summary>Channels of zeros behind the input's.</summary>
    public long Behind { get; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var taken = input.slice(2, 0, input.shape[2], Stride).slice(3, 0, input.shape[3], Stride);
        return nn.functional.pad(taken, [0, 0, 0, 0, Before, Behind]).MoveToOuterDisposeScope();
    }
}
