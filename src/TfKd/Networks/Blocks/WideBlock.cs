using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Batch norm and ReLU before each of two 3x3 convolutions, and the input: the block of wide residual networks (Zagoruyko and Komodakis,
/// BMVC 2016, table 1 and figure 1). Where the number of channels changes, the projection takes the input behind the first batch norm and
/// ReLU.
/// </summary>
internal sealed class WideBlock : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly BatchNorm2d bn1;
    private readonly ReLU relu1;
    private readonly Conv2d conv1;
    private readonly BatchNorm2d bn2;
    private readonly ReLU relu2;
    private readonly Dropout? dropout;
    private readonly Conv2d conv2;
    private readonly Conv2d? convShortcut;
    private readonly Add add;

    public WideBlock(long inChannels, long width, long stride, double dropoutProbability) : base(nameof(WideBlock))
    {
        bn1 = nn.BatchNorm2d(inChannels);
        relu1 = nn.ReLU(inplace: true);
        conv1 = nn.Conv2d(inChannels, width, 3, stride, 1, bias: false);
        bn2 = nn.BatchNorm2d(width);
        relu2 = nn.ReLU(inplace: true);
        dropout = dropoutProbability > 0 ? nn.Dropout(dropoutProbability) : null;
        conv2 = nn.Conv2d(width, width, 3, 1, 1, bias: false);
        convShortcut = inChannels == width ? null : nn.Conv2d(inChannels, width, 1, stride, bias: false);
        add = new Add();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var activated = relu1.call(bn1.call(input));
        var residual = relu2.call(bn2.call(conv1.call(activated)));
        if (dropout is not null)
            residual = dropout.call(residual);
        residual = conv2.call(residual);
        var shortcut = convShortcut is null ? input : convShortcut.call(activated);
        return add.call(residual, shortcut).MoveToOuterDisposeScope();
    }
}
