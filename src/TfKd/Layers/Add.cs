using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Adds two tensors of one shape: the sum of a residual connection as a layer of its own, so that the ONNX export sees it.
/// </summary>
public sealed class Add() : nn.Module<Tensor, Tensor, Tensor>(nameof(Add))
{
    // Kept, for ScalarRace: the operator makes one in each call.
    private static readonly Scalar _one = 1;

    /// <inheritdoc/>
    public override Tensor forward(Tensor first, Tensor second) => first.add(second, _one);
}
