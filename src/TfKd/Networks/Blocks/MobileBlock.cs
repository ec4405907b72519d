using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Sizes of a <see cref="MobileBlock"/>.</summary>
/// <param name="InChannels">Channels of the input.</param>
/// <param name="Expanded">Channels of the depthwise convolution.</param>
/// <param name="OutChannels">Channels of the output.</param>
/// <param name="Kernel">Height and width of the depthwise convolution's kernel.</param>
/// <param name="Stride">Stride of the depthwise convolution.</param>
internal readonly record struct MobileBlockSize(long InChannels, long Expanded, long OutChannels, long Kernel, long Stride);

/// <summary>
/// A 1x1 convolution that widens, a depthwise one, squeeze-and-excitation and a 1x1 convolution that narrows without activation, and the
/// input where the shape stays: the block of MobileNetV3 (Howard et al., ICCV 2019, figure 4) and of EfficientNet, where it is called
/// MBConv.
/// </summary>
internal sealed class MobileBlock : nn.Module<Tensor, Tensor>
{
    // The field's name is the key of weight files.
    private readonly Sequential block;
    private readonly StochasticDepth? stochastic_depth;
    private readonly Add? add;

    /// <param name="size">Channels, kernel and stride.</param>
    /// <param name="activation">Makes the activation behind each of the first two convolutions.</param>
    /// <param name="squeeze">Squeeze-and-excitation of the expanded channels; null for none.</param>
    /// <param name="dropProbability">With which training leaves the convolutions out for a sample, where the input is added.</param>
    public MobileBlock(
        MobileBlockSize size, Func<nn.Module<Tensor, Tensor>> activation, SqueezeExcitation? squeeze, double dropProbability = 0)
        : base(nameof(MobileBlock))
    {
        block = nn.Sequential();
        if (size.Expanded != size.InChannels)
            block.append(ActivatedConvolution.Build(size.InChannels, size.Expanded, 1, activation()));
        block.append(ActivatedConvolution.Build(size.Expanded, size.Expanded, size.Kernel, activation(), size.Stride, size.Expanded));
        if (squeeze is not null)
            block.append(squeeze);
        block.append(ActivatedConvolution.Build(size.Expanded, size.OutChannels, 1, activation: null));
        if (size.Stride == 1 && size.InChannels == size.OutChannels)
        {
            stochastic_depth = dropProbability > 0 ? new StochasticDepth(dropProbability) : null;
            add = new Add();
        }

        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        if (add is null)
            return block.call(input);
        using var scope = NewDisposeScope();
        var residual = block.call(input);
        if (stochastic_depth is not null)
            residual = stochastic_depth.call(residual);
        return add.call(input, residual).MoveToOuterDisposeScope();
    }
}
