using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Puts one token [1,1,D], the same for every sample, before the tokens [N,L,D]; the result is [N,L+1,D].</summary>
internal sealed class PrependToken() : nn.Module<Tensor, Tensor, Tensor>(nameof(PrependToken))
{
    public override Tensor forward(Tensor tokens, Tensor first)
    {
        using var repeated = first.expand(tokens.shape[0], -1, -1);
        return cat([repeated, tokens], 1);
    }
}
