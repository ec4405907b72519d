using static TorchSharp.torch;

namespace TfKd;

/// <summary>The first of the tokens [N,L,D], as [N,D].</summary>
internal sealed class FirstToken() : nn.Module<Tensor, Tensor>(nameof(FirstToken))
{
    public override Tensor forward(Tensor tokens) => tokens.select(1, 0);
}
