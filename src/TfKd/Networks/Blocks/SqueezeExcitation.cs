using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A factor for each channel from the means of all channels, by two 1x1 convolutions (Hu et al., 'Squeeze-and-Excitation Networks', CVPR
/// 2018, figure 2).
/// </summary>
internal sealed class SqueezeExcitation : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly AdaptiveAvgPool2d avgpool;
    private readonly Conv2d fc1;
    private readonly Conv2d fc2;
    private readonly nn.Module<Tensor, Tensor> activation;
    private readonly nn.Module<Tensor, Tensor> scale_activation;
    private readonly Multiply multiply;

    /// <param name="channels">Channels of input and output.</param>
    /// <param name="squeezed">Channels between the convolutions.</param>
    /// <param name="between">The activation between them.</param>
    /// <param name="last">The activation behind them, which gives the factors.</param>
    public SqueezeExcitation(long channels, long squeezed, nn.Module<Tensor, Tensor> between, nn.Module<Tensor, Tensor> last)
        : base(nameof(SqueezeExcitation))
    {
        avgpool = nn.AdaptiveAvgPool2d(1);
        fc1 = nn.Conv2d(channels, squeezed, 1);
        fc2 = nn.Conv2d(squeezed, channels, 1);
        activation = between;
        scale_activation = last;
        multiply = new Multiply();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var factors = scale_activation.call(fc2.call(activation.call(fc1.call(avgpool.call(input)))));
        return multiply.call(input, factors).MoveToOuterDisposeScope();
    }
}
