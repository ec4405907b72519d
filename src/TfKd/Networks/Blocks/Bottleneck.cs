using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A 1x1, a 3x3 and a 1x1 convolution and the input: the block of ResNet-50 and deeper (He et al., CVPR 2016, figure 5 right).
/// The stride sits at the 3x3 convolution, as in torchvision; the paper has it at the first 1x1.
/// </summary>
internal sealed class Bottleneck : ResidualBlock
{
    /// <summary>Output channels by channels of the 3x3 convolution.</summary>
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

    public Bottleneck(long inChannels, long width, long stride) : base(nameof(Bottleneck), width * Expansion)
    {
        conv1 = nn.Conv2d(inChannels, width, 1, bias: false);
        bn1 = nn.BatchNorm2d(width);
        conv2 = nn.Conv2d(width, width, 3, stride, 1, bias: false);
        bn2 = nn.BatchNorm2d(width);
        conv3 = nn.Conv2d(width, OutChannels, 1, bias: false);
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
