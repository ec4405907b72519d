using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Puts weights into a network and takes them out, strictly: a network is either loaded whole, or untouched and the error lists every difference.</summary>
public static class NetworkWeights
{
    // Batch norm's step counter. Weights from before PyTorch 0.4.1 have none, and evaluation does not read it.
    private const string CounterName = "num_batches_tracked";

    /// <summary>Loads a .safetensors file with the keys of <see cref="ImageNetwork.Body"/>.</summary>
    /// <exception cref="InvalidDataException">The file is invalid, or does not fit the network.</exception>
    public static void Load(ImageNetwork network, string path)
    {
        using var scope = NewDisposeScope();
        Apply(network, SafeTensors.Read(path), $"'{path}'");
    }

    /// <summary>Loads .safetensors content with the keys of <see cref="ImageNetwork.Body"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stream">The content, from the stream's position to its end.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">The content is invalid, or does not fit the network.</exception>
    public static void Load(ImageNetwork network, Stream stream, string source = "stream")
    {
        using var scope = NewDisposeScope();
        Apply(network, SafeTensors.Read(stream, source), source);
    }

    /// <summary>Saves to a .safetensors file: beside its place first, then moved over.</summary>
    public static void Save(ImageNetwork network, string path)
    {
        ArgumentNullException.ThrowIfNull(network);
        SafeTensors.Write(path, network.Body.state_dict());
    }

    /// <summary>Saves as .safetensors to a stream.</summary>
    public static void Save(ImageNetwork network, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(network);
        SafeTensors.Write(stream, network.Body.state_dict());
    }

    /// <summary>Copies tensors into the network's parameters and buffers, converted to the network's precision and device.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">Tensors under the keys of <see cref="ImageNetwork.Body"/>; they stay the caller's. The step counters of batch norms may be absent and are then 0.</param>
    /// <param name="source">What messages call the weights.</param>
    /// <exception cref="InvalidDataException">A key is missing or unexpected, or has another shape or kind of type; the network is unchanged.</exception>
    public static void Apply(ImageNetwork network, IReadOnlyDictionary<string, Tensor> weights, string source)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        var state = network.Body.state_dict();
        var differences = Differences(state, weights).ToList();
        if (differences.Count > 0)
            throw new InvalidDataException($"{source} does not fit {network.Architecture} with {network.ClassCount} classes:\n{string.Join('\n', differences)}");
        using var noGrad = no_grad();
        foreach (var (key, tensor) in state)
            if (weights.TryGetValue(key, out var value))
                tensor.copy_(value);
            else
                tensor.zero_();
    }

    private static IEnumerable<string> Differences(Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> weights)
    {
        foreach (var (key, tensor) in state.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            if (!weights.TryGetValue(key, out var value))
            {
                if (!key.EndsWith(CounterName, StringComparison.Ordinal))
                    yield return $"missing: {key} {Describe(tensor)}";
            }
            else if (!tensor.shape.AsSpan().SequenceEqual(value.shape) || tensor.is_floating_point() != value.is_floating_point())
                yield return $"different: {key}: expected {Describe(tensor)}, found {Describe(value)}";
        foreach (var (key, value) in weights.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            if (!state.ContainsKey(key))
                yield return $"unexpected: {key} {Describe(value)}";
    }

    private static string Describe(Tensor tensor) => $"{tensor.dtype} {Require.ShapeText(tensor)}";
}
