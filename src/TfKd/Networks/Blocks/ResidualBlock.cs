using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Makes one block of a stage.</summary>
/// <param name="inChannels">Channels of the block's input.</param>
/// <param name="width">The stage's width: channels of the 3x3 convolution where it has no groups.</param>
/// <param name="stride">Stride of the block's 3x3 convolution.</param>
internal delegate ResidualBlock ResidualBlockFactory(long inChannels, long width, long stride);

/// <summary>A block whose output is added to its input, which is projected where shape or stride differ.</summary>
internal abstract class ResidualBlock(string name, long outChannels) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Channels of the block's output.</summary>
    public long OutChannels { get; } = outChannels;

    /// <summary>The projection of the input, a 1x1 convolution with batch norm; null where the input can be added as it is.</summary>
    protected static Sequential? Downsample(long inChannels, long outChannels, long stride) =>
        stride == 1 && inChannels == outChannels
            ? null
            : nn.Sequential(nn.Conv2d(inChannels, outChannels, 1, stride, bias: false), nn.BatchNorm2d(outChannels));
}
