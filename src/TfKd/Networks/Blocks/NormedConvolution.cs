using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A convolution, its batch norm and an activation, as GoogLeNet is made of.</summary>
internal sealed class NormedConvolution : nn.Module<Tensor, Tensor>
{
    // Torchvision's, 100 times Torch's own; published weights are for this one.
    private const double Epsilon = 0.001;

    // The fields' names are the keys of weight files.
    private readonly Conv2d conv;
    private readonly BatchNorm2d bn;
    private readonly ReLU relu;

    public NormedConvolution(long inChannels, long outChannels, long kernel, long stride = 1) : base(nameof(NormedConvolution))
    {
        conv = nn.Conv2d(inChannels, outChannels, kernel, stride, kernel / 2, bias: false);
        bn = nn.BatchNorm2d(outChannels, Epsilon);
        relu = nn.ReLU(inplace: true);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return relu.call(bn.call(conv.call(input))).MoveToOuterDisposeScope();
    }
}
