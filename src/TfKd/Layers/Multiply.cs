using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Multiplies two tensors element by element, as a layer of its own, so that the ONNX export sees it: a map by a factor for each of its
/// channels, for example. Dimensions of size 1 are repeated.
/// </summary>
public sealed class Multiply() : nn.Module<Tensor, Tensor, Tensor>(nameof(Multiply))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor first, Tensor second) => first * second;
}
