using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Joins tensors [N,C_i,H,W] along the channels, in the order given, to [N,C_1+C_2+...,H,W]: a layer of its own, so that the ONNX export
/// sees it.
/// </summary>
public sealed class Concat() : nn.Module<Tensor[], Tensor>(nameof(Concat))
{
    /// <inheritdoc/>
    /// <param name="tensors">At least one; equal in all dimensions but the channels.</param>
    public override Tensor forward(Tensor[] tensors) => cat(tensors, 1);
}
