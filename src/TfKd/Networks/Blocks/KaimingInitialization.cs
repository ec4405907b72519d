using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The start values of torchvision's networks: convolution weights normal with variance 2 / (output channels times kernel area), and no bias
/// (He et al., 'Delving Deep into Rectifiers', ICCV 2015). Batch norms (1 and 0) and linear layers keep Torch's own.
/// </summary>
internal static class KaimingInitialization
{
    public static void Apply(nn.Module network)
    {
        foreach (var convolution in network.modules().OfType<Conv2d>())
        {
            nn.init.kaiming_normal_(convolution.weight, mode: nn.init.FanInOut.FanOut, nonlinearity: nn.init.NonlinearityType.ReLU);
            if (convolution.bias is { } bias)
                nn.init.zeros_(bias);
        }
    }
}
