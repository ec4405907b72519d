using System.Security.Cryptography;

namespace TfKd.MLNet;

/// <summary>
/// A trained image classifier: immutable, holding no native memory, safe to use from any number of threads. It has the weights, to go on with in
/// Torch, and the same network as ONNX, to predict with.
/// </summary>
public sealed class TorchImageClassificationModel
{
    private readonly Lazy<NetworkArchitecture> _architecture;

    /// <exception cref="InvalidDataException">Card, weights and ONNX model do not belong together.</exception>
    internal TorchImageClassificationModel(ModelCard card, ReadOnlyMemory<byte> weights, ReadOnlyMemory<byte> onnx)
    {
        var differences = TensorTable.Differences(card.Tensors, TensorTable.Read(weights)).ToList();
        if (differences.Count > 0)
            throw new InvalidDataException($"The weights are not those of the model card:{string.Concat(differences.Select(line => $"\n  {line}"))}");
        CheckHash(nameof(weights), weights, card.WeightsSha256);
        CheckHash(nameof(onnx), onnx, card.OnnxSha256);
        (Card, Weights, Onnx) = (card, weights, onnx);
        Classes = ClassKeys.FromCard(card.Classes);
        _architecture = new Lazy<NetworkArchitecture>(() => ArchitectureJson.Read(card.Architecture));
    }

    /// <summary>What the model was made from and with.</summary>
    public ModelCard Card { get; }

    /// <summary>The classes as text, in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames => Classes.Names;

    /// <summary>The shape of the images that the network takes; images of other sizes are scaled and cropped to it.</summary>
    public ImageShape InputShape => Card.InputShape;

    /// <summary>Mean and standard deviation of each channel, that the network normalises with.</summary>
    public ChannelStatistics Normalization => Card.Normalization;

    /// <summary>The weights, in safetensors layout, under the state-dict keys of the network.</summary>
    public ReadOnlyMemory<byte> Weights { get; }

    /// <summary>The ONNX model: <c>images</c> [N,C,H,W] uint8 in, <c>scores</c> [N,K] out, with normalisation and softmax inside.</summary>
    public ReadOnlyMemory<byte> Onnx { get; }

    /// <summary>The architecture of the network. Its type is looked for when it is first asked for, and not to predict.</summary>
    /// <exception cref="InvalidDataException">The application does not have the type.</exception>
    public NetworkArchitecture Architecture => _architecture.Value;

    internal ClassKeys Classes { get; }

    /// <summary>Completes a card with what is known of weights and ONNX model.</summary>
    internal static TorchImageClassificationModel Create(ModelCard card, ReadOnlyMemory<byte> weights, ReadOnlyMemory<byte> onnx) =>
        new(card with { Tensors = TensorTable.Read(weights), WeightsSha256 = HashOf(weights), OnnxSha256 = HashOf(onnx) }, weights, onnx);

    private static string HashOf(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes.Span));

    private static void CheckHash(string name, ReadOnlyMemory<byte> bytes, string expected)
    {
        if (HashOf(bytes) is var found && found != expected)
            throw new InvalidDataException($"The {name} of the model have SHA-256 {found}, but the model card says {expected}: the file was damaged or changed.");
    }
}
