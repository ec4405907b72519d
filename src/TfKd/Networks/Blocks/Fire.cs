using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A 1x1 convolution to few channels, then a 1x1 and a 3x3 convolution side by side (Iandola et al., 2016, figure 1).</summary>
internal sealed class Fire : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly Conv2d squeeze;
    private readonly ReLU squeeze_activation;
    private readonly Conv2d expand1x1;
    private readonly ReLU expand1x1_activation;
    private readonly Conv2d expand3x3;
    private readonly ReLU expand3x3_activation;
    private readonly Concat concat;

    /// <param name="inChannels">Channels of the input.</param>
    /// <param name="squeezed">Channels between.</param>
    /// <param name="expanded">Channels of the output, half from each of the two convolutions.</param>
    public Fire(long inChannels, long squeezed, long expanded) : base(nameof(Fire))
    {
        squeeze = nn.Conv2d(inChannels, squeezed, 1);
        squeeze_activation = nn.ReLU(inplace: true);
        expand1x1 = nn.Conv2d(squeezed, expanded / 2, 1);
        expand1x1_activation = nn.ReLU(inplace: true);
        expand3x3 = nn.Conv2d(squeezed, expanded / 2, 3, padding: 1);
        expand3x3_activation = nn.ReLU(inplace: true);
        concat = new Concat();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = squeeze_activation.call(squeeze.call(input));
        return concat.call(
            [expand1x1_activation.call(expand1x1.call(x)), expand3x3_activation.call(expand3x3.call(x))]).MoveToOuterDisposeScope();
    }
}
