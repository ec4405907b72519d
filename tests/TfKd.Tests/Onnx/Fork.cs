using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Three convolutions of one input of four channels, and a layer that makes one tensor of what they return and of the input.
/// </summary>
internal sealed class Fork : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d first = nn.Conv2d(4, 4, 1);
    private readonly Conv2d second = nn.Conv2d(4, 4, 3, padding: 1);
    private readonly Conv2d third = nn.Conv2d(4, 4, 5, padding: 2);
    private readonly nn.Module<Tensor[], Tensor> join;
    private readonly Func<Tensor, Tensor> _touch;

    public Fork(nn.Module<Tensor[], Tensor> layer, Func<Tensor, Tensor>? touchLast = null) : base(nameof(Fork))
    {
        (join, _touch) = (layer, touchLast ?? (last => last));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => join.call([third.call(input), input, first.call(input), _touch(second.call(input))]);
}
