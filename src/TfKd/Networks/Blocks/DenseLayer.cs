using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Reads all earlier maps of its block through a 1x1 and a 3x3 convolution, each behind batch norm and activation (Huang et al., CVPR 2017,
/// DenseNet-B).
/// </summary>
internal sealed class DenseLayer : nn.Module<Tensor[], Tensor>
{
    /// <summary>Channels between the two convolutions by channels of the output.</summary>
    private const int BottleneckFactor = 4;

    // The fields' names are the keys of weight files.
    private readonly Concat concat;
    private readonly BatchNorm2d norm1;
    private readonly ReLU relu1;
    private readonly Conv2d conv1;
    private readonly BatchNorm2d norm2;
    private readonly ReLU relu2;
    private readonly Conv2d conv2;
    private readonly Dropout dropout;

    public DenseLayer(long inChannels, long growthRate, double dropoutRate) : base(nameof(DenseLayer))
    {
        concat = new Concat();
        norm1 = nn.BatchNorm2d(inChannels);
        relu1 = nn.ReLU(inplace: true);
        conv1 = nn.Conv2d(inChannels, BottleneckFactor * growthRate, 1, bias: false);
        norm2 = nn.BatchNorm2d(BottleneckFactor * growthRate);
        relu2 = nn.ReLU(inplace: true);
        conv2 = nn.Conv2d(BottleneckFactor * growthRate, growthRate, 3, padding: 1, bias: false);
        dropout = nn.Dropout(dropoutRate);
        RegisterComponents();
    }

    public override Tensor forward(Tensor[] earlier)
    {
        using var scope = NewDisposeScope();
        var x = conv1.call(relu1.call(norm1.call(concat.call(earlier))));
        x = conv2.call(relu2.call(norm2.call(x)));
        return dropout.call(x).MoveToOuterDisposeScope();
    }
}
