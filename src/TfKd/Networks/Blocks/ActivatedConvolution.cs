using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A convolution that keeps the size but for its stride, its batch norm and its activation in a row, as torchvision's networks for mobile
/// devices are made of.
/// </summary>
internal static class ActivatedConvolution
{
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="kernel">Height and width of the kernel, odd.</param>
    /// <param name="activation">What follows the batch norm; null for nothing.</param>
    /// <param name="stride">Stride of the convolution.</param>
    /// <param name="groups">Groups of the convolution.</param>
    public static Sequential Build(
        long inChannels, long outChannels, long kernel, nn.Module<Tensor, Tensor>? activation, long stride = 1, long groups = 1)
    {
        var layers = nn.Sequential(
            nn.Conv2d(inChannels, outChannels, kernel, stride, (kernel - 1) / 2, groups: groups, bias: false),
            nn.BatchNorm2d(outChannels));
        return activation is null ? layers : layers.append(activation);
    }
}
