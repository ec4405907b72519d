using static TorchSharp.torch;

namespace TfKd;

/// <summary>A function that a module's forward called, as the layer that computes the same.</summary>
/// <param name="Layer">The layer, without weights.</param>
/// <param name="Inputs">What it read.</param>
/// <param name="Place">Its place among the calls that were found.</param>
internal sealed record FunctionalCall(nn.Module Layer, IReadOnlyList<TracedValue> Inputs, int Place)
{
    /// <summary>What a layer makes of tensors.</summary>
    public static Tensor Compute(nn.Module layer, params Tensor[] inputs) => layer switch
    {
        nn.Module<Tensor, Tensor> one => one.forward(inputs[0]),
        nn.Module<Tensor, Tensor, Tensor> two => two.forward(inputs[0], inputs[1]),
        nn.Module<Tensor[], Tensor> several => several.forward(inputs),
        _ => throw new ArgumentException($"'{layer.GetName()}' is no layer of tensors."),
    };
}
