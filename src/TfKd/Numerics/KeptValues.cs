using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The values that tensors have when this is made. Disposing it puts them back, by copies: adding and subtracting would leave other bits.
/// </summary>
internal sealed class KeptValues : IDisposable
{
    private readonly List<(Tensor Tensor, Tensor Value)> _tensors;

    public KeptValues(IEnumerable<Tensor> tensors)
    {
        using var noGradient = no_grad();
        _tensors = [.. tensors.Select(tensor => (tensor, tensor.detach().clone().DetachFromDisposeScope()))];
    }

    public void Dispose()
    {
        using var noGradient = no_grad();
        foreach (var (tensor, value) in _tensors)
        {
            using (value)
                tensor.copy_(value);
        }

        _tensors.Clear();
    }
}
