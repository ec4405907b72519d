using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The positions of a map [N,D,H,W] row by row as a sequence of tokens [N,HW,D].</summary>
internal sealed class MapToTokens() : nn.Module<Tensor, Tensor>(nameof(MapToTokens))
{
    public override Tensor forward(Tensor input)
    {
        using var positions = input.flatten(2);
        return positions.transpose(1, 2);
    }
}
