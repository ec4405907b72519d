using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Channels of the four branches of an <see cref="Inception"/>.</summary>
/// <param name="Pointwise">Of the 1x1 convolution.</param>
/// <param name="Middle">Of the second branch: before and behind its 3x3 convolution.</param>
/// <param name="Large">Of the third branch: before and behind what is a 5x5 convolution in the paper.</param>
/// <param name="Pooled">Of the 1x1 convolution behind the pooling.</param>
internal readonly record struct InceptionWidths(
    long Pointwise, (long Reduced, long Out) Middle, (long Reduced, long Out) Large, long Pooled)
{
    public long Sum => Pointwise + Middle.Out + Large.Out + Pooled;
}

/// <summary>
/// Convolutions of several sizes side by side (Szegedy et al., CVPR 2015, figure 2b). The third branch has a 3x3 kernel where the paper has
/// 5x5, as in torchvision.
/// </summary>
internal sealed class Inception : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly NormedConvolution branch1;
    private readonly Sequential branch2;
    private readonly Sequential branch3;
    private readonly Sequential branch4;
    private readonly Concat concat;

    public Inception(long inChannels, InceptionWidths widths) : base(nameof(Inception))
    {
        branch1 = new NormedConvolution(inChannels, widths.Pointwise, 1);
        branch2 = nn.Sequential(new NormedConvolution(inChannels, widths.Middle.Reduced, 1),
            new NormedConvolution(widths.Middle.Reduced, widths.Middle.Out, 3));
        branch3 = nn.Sequential(
            new NormedConvolution(inChannels, widths.Large.Reduced, 1), new NormedConvolution(widths.Large.Reduced, widths.Large.Out, 3));
        branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode: true), new NormedConvolution(inChannels, widths.Pooled, 1));
        concat = new Concat();
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return concat.call([branch1.call(input), branch2.call(input), branch3.call(input), branch4.call(input)]).MoveToOuterDisposeScope();
    }
}
