using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A copy of a network's weights and buffers in memory, on the CPU.</summary>
internal sealed class WeightSnapshot : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors;

    private WeightSnapshot(Dictionary<string, Tensor> tensors) => _tensors = tensors;

    public IReadOnlyDictionary<string, Tensor> Tensors => _tensors;

    public static WeightSnapshot Of(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return new(network.Body.state_dict().ToDictionary(
            entry => entry.Key, entry => entry.Value.detach().to(CPU, copy: true).contiguous().DetachFromDisposeScope()));
    }

    /// <summary>Copies tensors that were read from a file.</summary>
    public static WeightSnapshot Of(IReadOnlyDictionary<string, Tensor> tensors) =>
        new(tensors.ToDictionary(entry => entry.Key, entry => entry.Value.clone().DetachFromDisposeScope()));

    public void CopyTo(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        WeightBlend.Move(network.Body.state_dict(), _tensors, 1);
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
    }
}
