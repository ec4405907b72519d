using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Puts weights into a network and takes them out, strictly: a network is either loaded whole, or untouched and the error lists every
/// difference. Values that are not finite are refused, too.
/// </summary>
public static class NetworkWeights
{
    // Batch norm's step counter. Weights from before PyTorch 0.4.1 have none, and evaluation does not read it.
    private const string CounterName = "num_batches_tracked";

    /// <summary>
    /// Loads a weight file of any format that <see cref="WeightFile"/> reads, with the keys of <see cref="ImageNetwork.Body"/>.
    /// </summary>
    /// <remarks>What may differ between the file's keys and the network's is said at <see cref="Apply"/>.</remarks>
    /// <exception cref="InvalidDataException">The file is invalid, or does not fit the network.</exception>
    public static void Load(ImageNetwork network, string path) => Load(network, path, null);

    /// <inheritdoc cref="Load(ImageNetwork, string)"/>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="dictionary">
    /// Which of the file's dictionaries of tensors to load, as <see cref="WeightFile.Read(string, string?)"/> takes it.
    /// </param>
    public static void Load(ImageNetwork network, string path, string? dictionary)
    {
        using var scope = NewDisposeScope();
        Apply(network, WeightFile.Read(path, dictionary), $"'{path}'");
    }

    /// <summary>Loads the content of a weight file with the keys of <see cref="ImageNetwork.Body"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stream">The content, from the stream's position to its end.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">The content is invalid, or does not fit the network.</exception>
    public static void Load(ImageNetwork network, Stream stream, string source = "stream")
    {
        using var scope = NewDisposeScope();
        Apply(network, WeightFile.Read(stream, source), source);
    }

    /// <summary>
    /// Loads everything but the head, the last Linear or Conv2d with as many outputs as the network has classes: for a network of other
    /// classes than the file's. The head stays as it is, and what the file has in its place is passed over, whatever its number of classes.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="path">A file as <see cref="Load(ImageNetwork, string)"/> takes it.</param>
    /// <exception cref="InvalidDataException">
    /// The file is invalid, or does not fit the network without its head; the network is unchanged.
    /// </exception>
    /// <exception cref="InvalidOperationException">The network has no head.</exception>
    public static void LoadBackbone(ImageNetwork network, string path) => LoadBackbone(network, path, null);

    /// <inheritdoc cref="LoadBackbone(ImageNetwork, string)"/>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="dictionary">
    /// Which of the file's dictionaries of tensors to load, as <see cref="WeightFile.Read(string, string?)"/> takes it.
    /// </param>
    public static void LoadBackbone(ImageNetwork network, string path, string? dictionary)
    {
        var head = NetworkHead.Find(network);
        using var scope = NewDisposeScope();
        var weights = WeightFile.Read(path, dictionary);
        var state = network.Body.state_dict();
        var named = WeightKeys.MatchBackbone(network, head, state, weights);
        foreach (var key in head.Keys())
            state.Remove(key);
        Copy(state, named, $"'{path}'", $"{network.Architecture} without its head '{head.Path}'");
    }

    /// <summary>
    /// Saves to a .safetensors file: beside its place first, then moved over. Beside the weights it has the texts <c>format</c> =
    /// <c>pt</c>, which other readers expect, and <c>normalization.mean</c> and <c>normalization.std</c>, for
    /// <see cref="ReadNormalization"/>.
    /// </summary>
    public static void Save(ImageNetwork network, string path)
    {
        ArgumentNullException.ThrowIfNull(network);
        SafeTensors.Write(path, network.Body.state_dict(), NormalizationText.Metadata(network.Normalization.Statistics));
    }

    /// <summary>Saves as .safetensors to a stream.</summary>
    /// <inheritdoc cref="Save(ImageNetwork, string)"/>
    public static void Save(ImageNetwork network, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(network);
        SafeTensors.Write(stream, network.Body.state_dict(), NormalizationText.Metadata(network.Normalization.Statistics));
    }

    /// <summary>
    /// The normalisation of pixels that the weights in a file were trained with, as <see cref="Save(ImageNetwork, string)"/> writes it;
    /// null where the file does not say.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is invalid, or its normalisation is none.</exception>
    public static ChannelStatistics? ReadNormalization(string path) =>
        WeightFile.IsSafeTensors(path) ? NormalizationText.Read(SafeTensors.ReadHeader(path).Metadata, $"'{path}'") : null;

    /// <summary>Copies tensors into the network's parameters and buffers, converted to the network's precision and device.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">
    /// Tensors under the keys of <see cref="ImageNetwork.Body"/>; they stay the caller's. The step counters of batch norms may be absent
    /// and are then 0. The prefixes <c>module.</c> and <c>_orig_mod.</c> are taken off where all keys have them, keys of parts that the
    /// network leaves out (<see cref="NetworkArchitecture.TranslateWeightKey"/>) are passed over, and the head may have another name.
    /// </param>
    /// <param name="source">What messages call the weights.</param>
    /// <exception cref="InvalidDataException">
    /// A key is missing or unexpected, has another shape or kind of type, or values that are not finite in the network's precision or
    /// are no variances; the network is unchanged.
    /// </exception>
    public static void Apply(ImageNetwork network, IReadOnlyDictionary<string, Tensor> weights, string source)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        var state = network.Body.state_dict();
        Copy(state, WeightKeys.Match(network, state, weights), source, $"{network.Architecture} with {network.ClassCount} classes");
    }

    private static void Copy(Dictionary<string, Tensor> state, Dictionary<string, Tensor> weights, string source, string target)
    {
        var differences = Differences(state, weights).ToList();
        if (differences.Count > 0)
            throw new InvalidDataException($"{source} does not fit {target}:\n{string.Join('\n', differences)}");
        if (WeightValues.Objections(state, weights) is { Count: > 0 } objections)
            throw new InvalidDataException(
                $"{source} cannot be used: expected finite values, and variances from 0, found others:\n{string.Join('\n', objections)}");
        using var noGrad = no_grad();
        foreach (var (key, tensor) in state)
            if (weights.TryGetValue(key, out var value))
                tensor.copy_(value);
            else
                tensor.zero_();
    }

    private static IEnumerable<string> Differences(Dictionary<string, Tensor> state, Dictionary<string, Tensor> weights)
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
