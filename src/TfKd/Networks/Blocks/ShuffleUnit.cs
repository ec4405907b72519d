using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Half of the channels passes, the other half goes through a 1x1, a depthwise 3x3 and a 1x1 convolution, and the channels are shuffled;
/// with stride 2 both branches take all channels and convolve (Ma et al., 'ShuffleNet V2: Practical Guidelines for Efficient CNN
/// Architecture Design', ECCV 2018, figure 3c and 3d).
/// </summary>
internal sealed class ShuffleUnit : nn.Module<Tensor, Tensor>
{
    // The fields' names are the keys of weight files.
    private readonly ChannelSplit? passed;
    private readonly ChannelSplit? taken;
    private readonly Sequential? branch1;
    private readonly Sequential branch2;
    private readonly Concat concat;
    private readonly ChannelShuffle shuffle;

    /// <summary>Builds the unit.</summary>
    /// <param name="inChannels">Channels of the input; with stride 1 those of the output.</param>
    /// <param name="outChannels">Channels of the output, even.</param>
    /// <param name="stride">Stride of the 3x3 convolutions: 1 or 2.</param>
    public ShuffleUnit(long inChannels, long outChannels, long stride) : base(nameof(ShuffleUnit))
    {
        var half = outChannels / 2;
        if (stride == 1)
            (passed, taken) = (new ChannelSplit(0), new ChannelSplit(1));
        else
            branch1 = nn.Sequential(Depthwise(inChannels, stride), nn.BatchNorm2d(inChannels), Pointwise(inChannels, half),
                nn.BatchNorm2d(half), nn.ReLU(inplace: true));
        branch2 = nn.Sequential(
            Pointwise(stride == 1 ? half : inChannels, half), nn.BatchNorm2d(half), nn.ReLU(inplace: true),
            Depthwise(half, stride), nn.BatchNorm2d(half), Pointwise(half, half), nn.BatchNorm2d(half), nn.ReLU(inplace: true));
        concat = new Concat();
        shuffle = new ChannelShuffle(2);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var first = passed is null ? branch1!.call(input) : passed.call(input);
        var second = branch2.call(taken is null ? input : taken.call(input));
        return shuffle.call(concat.call([first, second])).MoveToOuterDisposeScope();
    }

    private static Conv2d Depthwise(long channels, long stride) =>
        nn.Conv2d(channels, channels, 3, stride, 1, groups: channels, bias: false);

    private static Conv2d Pointwise(long inChannels, long outChannels) => nn.Conv2d(inChannels, outChannels, 1, bias: false);
}
