using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A 1x1 convolution that widens, a depthwise 3x3 and a 1x1 that narrows without activation, and the input where the shape stays (Sandler
/// et al., 'MobileNetV2: Inverted Residuals and Linear Bottlenecks', CVPR 2018, table 1).
/// </summary>
internal sealed class InvertedResidual : nn.Module<Tensor, Tensor>
{
    // The field's name is the key of weight files.
    private readonly Sequential conv;
    private readonly Add? add;

    /// <summary>Builds the block.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="stride">Stride of the 3x3 convolution.</param>
    /// <param name="expansion">Channels of the 3x3 convolution by those of the input; with 1 the first convolution is left out.</param>
    public InvertedResidual(long inChannels, long outChannels, long stride, long expansion) : base(nameof(InvertedResidual))
    {
        var inner = inChannels * expansion;
        conv = nn.Sequential();
        if (expansion > 1)
            conv.append(Activated(inChannels, inner, 1));
        conv.append(Activated(inner, inner, 3, stride, groups: inner))
            .append(nn.Conv2d(inner, outChannels, 1, bias: false)).append(nn.BatchNorm2d(outChannels));
        add = stride == 1 && inChannels == outChannels ? new Add() : null;
        RegisterComponents();
    }

    /// <summary>A convolution that keeps the size but for its stride, with batch norm and ReLU6.</summary>
    public static Sequential Activated(long inChannels, long outChannels, long kernel, long stride = 1, long groups = 1) =>
        ActivatedConvolution.Build(inChannels, outChannels, kernel, nn.ReLU6(inplace: true), stride, groups);

    public override Tensor forward(Tensor input)
    {
        if (add is null)
            return conv.call(input);
        using var residual = conv.call(input);
        return add.call(input, residual);
    }
}
