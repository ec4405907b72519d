using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Copies of tensors that outlive the dispose scopes of the modules that made them.</summary>
internal sealed class KeptTensors : IDisposable
{
    private readonly List<Tensor> _tensors = [];

    /// <summary>A copy, in the same layout.</summary>
    public Tensor Copy(Tensor tensor)
    {
        using var values = tensor.detach();
        var copy = values.clone();
        copy.DetachFromDisposeScope();
        _tensors.Add(copy);
        return copy;
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors)
            tensor.Dispose();
        _tensors.Clear();
    }
}
