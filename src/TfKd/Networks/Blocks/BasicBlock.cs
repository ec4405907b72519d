using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Two 3x3 convolutions and the input: the block of ResNet-18 and -34 and of the CIFAR ResNets (He et al., CVPR 2016, figure 5 left).
/// </summary>
internal sealed class BasicBlock : ResidualBlock
{
    // The fields' names are the keys of weight files.
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn1;
    private readonly ReLU relu;
    private readonly Conv2d conv2;
    private readonly BatchNorm2d bn2;
    private readonly nn.Module<Tensor, Tensor>? downsample;
    private readonly Add add;

    public BasicBlock(long inChannels, long width, long stride, ResidualShortcut shortcut = ResidualShortcut.Projection)
        : base(nameof(BasicBlock), width)
    {
        conv1 = nn.Conv2d(inChannels, width, 3, stride, 1, bias: false);
        bn1 = nn.BatchNorm2d(width);
        relu = nn.ReLU(inplace: true);
        conv2 = nn.Conv2d(width, width, 3, 1, 1, bias: false);
        bn2 = nn.BatchNorm2d(width);
        downsample = shortcut == ResidualShortcut.ZeroPadding && stride != 1
            ? new ZeroPaddedShortcut(inChannels, width, stride)
            : Downsample(inChannels, width, stride);
        add = new Add();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var residual = relu.call(bn1.call(conv1.call(input)));
        residual = bn2.call(conv2.call(residual));
        var shortcut = downsample is null ? input : downsample.call(input);
        return relu.call(add.call(residual, shortcut)).MoveToOuterDisposeScope();
    }
}
