using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Puts weights into a network and takes them out, strictly: a network is either loaded whole, or untouched and the error says what kind
/// of difference there is and lists the first of them. Values that are not finite are refused, too.
/// </summary>
public static class NetworkWeights
{
    /// <summary>
    /// Loads a weight file of any format that <see cref="WeightFile"/> reads, with the keys of <see cref="ImageNetwork.Body"/>.
    /// </summary>
    /// <remarks>
    /// What may differ between the file's keys and the network's is said at <see cref="Apply"/>. An ONNX file's keys do not matter: its
    /// convolutions, batch norms and linear layers are matched by their places in the graph, with kinds, shapes, strides and paddings
    /// checked. Files of the Microsoft Cognitive Toolkit (CNTK) take images as blue, green, red; the input channels of their first
    /// convolution are turned round.
    /// </remarks>
    /// <exception cref="InvalidDataException">The file is invalid, or does not fit the network.</exception>
    /// <example><code>
    /// NetworkWeights.Load(network, "resnet20.pth");
    /// </code></example>
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
        using var stream = File.OpenRead(path);
        Apply(network, Read(network, stream, $"'{path}'", dictionary, head: null), $"'{path}'");
    }

    /// <summary>Loads the content of a weight file with the keys of <see cref="ImageNetwork.Body"/>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="stream">The content, from the stream's position to its end.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="dictionary">
    /// Which of the content's dictionaries of tensors to load, as <see cref="WeightFile.Read(string, string?)"/> takes it; null, the
    /// default, for the only one.
    /// </param>
    /// <exception cref="InvalidDataException">The content is invalid, or does not fit the network.</exception>
    public static void Load(ImageNetwork network, Stream stream, string source = "stream", string? dictionary = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var scope = NewDisposeScope();
        Apply(network, Read(network, stream, source, dictionary, head: null), source);
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

    /// <inheritdoc cref="LoadBackbone(ImageNetwork, string)" path="/summary|/exception"/>
    /// <param name="network">The network.</param>
    /// <param name="path">The file.</param>
    /// <param name="dictionary">
    /// Which of the file's dictionaries of tensors to load, as <see cref="WeightFile.Read(string, string?)"/> takes it.
    /// </param>
    public static void LoadBackbone(ImageNetwork network, string path, string? dictionary)
    {
        var head = NetworkHead.Find(network);
        using var scope = NewDisposeScope();
        using var stream = File.OpenRead(path);
        var weights = Read(network, stream, $"'{path}'", dictionary, head);
        var state = network.Body.state_dict();
        var named = WeightKeys.MatchBackbone(network, head, state, weights, $"'{path}'");
        foreach (var key in head.Keys())
            state.Remove(key);
        Copy(null, state, named, $"'{path}'", $"{network.Architecture} without its head '{head.Path}'");
    }

    /// <summary>
    /// Saves to a .safetensors file: beside its place first, then moved over. Beside the weights it has the texts <c>format</c> =
    /// <c>pt</c>, which other readers expect, and <c>normalization.mean</c> and <c>normalization.std</c>, for
    /// <see cref="ReadNormalization"/>.
    /// </summary>
    /// <example><code>
    /// NetworkWeights.Save(network, "student.safetensors");
    /// </code></example>
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
    /// null where the file does not say. Of an ONNX file of Microsoft's packages of image featurisers it is that of the preprocessing file
    /// beside it.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is invalid, or its normalisation is none.</exception>
    public static ChannelStatistics? ReadNormalization(string path) => WeightFile.FormatOf(path) switch
    {
        WeightFormat.SafeTensors => NormalizationText.Read(SafeTensors.ReadHeader(path).Metadata, $"'{path}'"),
        WeightFormat.Onnx => FeaturizerPreprocessing.Find(path),
        _ => null,
    };

    /// <summary>Copies tensors into the network's parameters and buffers, converted to the network's precision and device.</summary>
    /// <param name="network">The network.</param>
    /// <param name="weights">
    /// Tensors under the keys of <see cref="ImageNetwork.Body"/>; they stay the caller's. The step counters of batch norms may be absent
    /// and are then 0. The prefix under which the whole network is there, such as Lightning's <c>model.</c> or <c>module.</c> of a wrapper,
    /// is taken off, and what lies beside it is passed over; keys of parts that the network leaves out
    /// (<see cref="NetworkArchitecture.TranslateWeightKey"/>) are passed over, and the head may have another name.
    /// </param>
    /// <param name="source">What messages call the weights.</param>
    /// <exception cref="InvalidDataException">
    /// The network is there under several prefixes; a key is missing or unexpected, has another shape or kind of type, or values that are
    /// not finite in the network's precision or are no variances; the network is unchanged.
    /// </exception>
    public static void Apply(ImageNetwork network, IReadOnlyDictionary<string, Tensor> weights, string source)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        var state = network.Body.state_dict();
        var named = WeightKeys.Match(network, state, weights, source);
        Copy(NetworkHead.TryFind(network), state, named, source, $"{network.Architecture} with {network.ClassCount} classes");
    }

    private static Dictionary<string, Tensor> Read(
        ImageNetwork network, Stream stream, string source, string? dictionary, NetworkHead? head)
    {
        ArgumentNullException.ThrowIfNull(network);
        return stream.CanSeek && WeightFile.TryReadOnnx(stream, source, dictionary) is { } model
            ? OnnxWeightMatching.Match(network, model, head, source)
            : WeightFile.Read(stream, source, dictionary);
    }

    private static void Copy(
        NetworkHead? head, Dictionary<string, Tensor> state, Dictionary<string, Tensor> weights, string source, string target)
    {
        if (WeightDifferences.Describe(head, state, weights) is { } differences)
            throw new InvalidDataException($"{source} does not fit {target}: {differences}");
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
}
