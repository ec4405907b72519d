using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A 1x1, a 3x3 and a 1x1 convolution and the input: the block of ResNet-50 and deeper (He et al., CVPR 2016, figure 5 right). The stride
/// sits at the 3x3 convolution, as in torchvision; the paper has it at the first 1x1. With groups it is the block of ResNeXt (Xie et al.,
/// CVPR 2017, figure 3c).
/// </summary>
internal sealed class Bottleneck : ResidualBlock
{
    /// <summary>Output channels by the block's width.</summary>
    public const int Expansion = 4;

    // The fields' names are the keys of weight files.
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly Conv2d conv2;
    private readonly BatchNorm2d bn2;
    private readonly Conv2d conv3;
    private readonly BatchNorm2d bn3;
    private readonly ReLU relu;
    private readonly Sequential? downsample;
    private readonly Add add;

    /// <summary>Builds the block.</summary>
    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="width">A quarter of the output's channels.</param>
    /// <param name="stride">Stride of the 3x3 convolution.</param>
    /// <param name="groups">Groups of the 3x3 convolution.</param>
    /// <param name="groupWidth">Channels of each group; null for the block's width.</param>
    public Bottleneck(long inChannels, long width, long stride, long groups = 1, long? groupWidth = null)
        : base(nameof(Bottleneck), width * Expansion)
    {
        var inner = groups * (groupWidth ?? width);
        conv1 = nn.Conv2d(inChannels, inner, 1, bias: false);
        bn1 = nn.BatchNorm2d(inner);
        conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups: groups, bias: false);
        bn2 = nn.BatchNorm2d(inner);
        conv3 = nn.Conv2d(inner, OutChannels, 1, bias: false);
        bn3 = nn.BatchNorm2d(OutChannels);
        relu = nn.ReLU(inplace: true);
        downsample = Downsample(inChannels, OutChannels, stride);
        add = new Add();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var residual = relu.call(bn1.call(conv1.call(input)));
        residual = relu.call(bn2.call(conv2.call(residual)));
        residual = bn3.call(conv3.call(residual));
        var shortcut = downsample is null ? input : downsample.call(input);
        return relu.call(add.call(residual, shortcut)).MoveToOuterDisposeScope();
    }
}
