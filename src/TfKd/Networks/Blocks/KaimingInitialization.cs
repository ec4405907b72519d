using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The start values of most of torchvision's networks: convolution weights normal with variance 2 / fan, and biases of zero (He et al.,
/// 'Delving Deep into Rectifiers', ICCV 2015). The fan is the kernel's area times the output channels or the input channels. Batch norms (1
/// and 0) and linear layers keep Torch's own.
/// </summary>
internal static class KaimingInitialization
{
    public static void Apply(nn.Module network, nn.init.FanInOut fan = nn.init.FanInOut.FanOut)
    {
        foreach (var convolution in network.modules().OfType<Conv2d>())
        {
            nn.init.kaiming_normal_(convolution.weight, mode: fan, nonlinearity: nn.init.NonlinearityType.ReLU);
            if (convolution.bias is { } bias)
                nn.init.zeros_(bias);
        }
    }
}
