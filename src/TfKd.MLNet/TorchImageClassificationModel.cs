using System.Security.Cryptography;
using System.Text.Json;
using TorchSharp;

namespace TfKd.MLNet;

/// <summary>
/// A trained image classifier: immutable, holding no native memory, safe to use from any number of threads. It has the weights, to go on with in
/// Torch, and the same network as ONNX, to predict with.
/// </summary>
public sealed class TorchImageClassificationModel
{
    private readonly byte[] _weights;
    private readonly byte[] _onnx;
    private readonly Lazy<NetworkArchitecture> _architecture;

    /// <exception cref="InvalidDataException">Card, weights and ONNX model do not belong together.</exception>
    internal TorchImageClassificationModel(ModelCard card, byte[] weights, byte[] onnx)
    {
        var differences = TensorTable.Differences(card.Tensors, TensorTable.Read(weights)).ToList();
        if (differences.Count > 0)
            throw new InvalidDataException($"The weights of the model are not those of its card:\n{string.Join('\n', differences)}");
        CheckHash("weights", weights, card.WeightsSha256);
        CheckHash("ONNX model", onnx, card.OnnxSha256);
        (Card, _weights, _onnx) = (card, weights, onnx);
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
    public ReadOnlyMemory<byte> Weights => _weights;

    /// <summary>The ONNX model: <c>images</c> [N,C,H,W] uint8 in, <c>scores</c> [N,K] out, with normalisation and softmax inside and the class names in its metadata.</summary>
    public ReadOnlyMemory<byte> Onnx => _onnx;

    /// <summary>The architecture of the network. Its type is looked for when it is first asked for, and not to predict.</summary>
    /// <exception cref="InvalidDataException">The application does not have the type.</exception>
    public NetworkArchitecture Architecture => _architecture.Value;

    internal ClassKeys Classes { get; }

    /// <summary>Builds the network in Torch, with the trained weights, in evaluation mode; the caller disposes it.</summary>
    /// <exception cref="InvalidDataException">The application does not have the architecture's type, or its network is not the one the weights are of.</exception>
    public ImageNetwork CreateNetwork()
    {
        var network = Architecture.Build(ClassNames.Count);
        try
        {
            network.Normalization.Set(Normalization);
            using var scope = torch.NewDisposeScope();
            NetworkWeights.Apply(network, ReadWeights(), "The model");
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The weights as tensors of the caller's dispose scope. A model holds .safetensors and no other format: nothing in it can be executed.</summary>
    internal Dictionary<string, torch.Tensor> ReadWeights()
    {
        using var stream = new MemoryStream(_weights, writable: false);
        return SafeTensors.Read(stream, "The model's weights");
    }

    /// <summary>Builds the network as a teacher.</summary>
    internal NetworkTeacher OpenTeacher(TeacherContext context) => NetworkTeacher.Own(CreateNetwork(), ClassNames, context);

    /// <summary>The model of a trained network.</summary>
    /// <param name="network">What was trained; stays the caller's.</param>
    /// <param name="classes">The classes of the label column, as many as the network's.</param>
    /// <param name="training">Where the model comes from.</param>
    /// <exception cref="NotSupportedException">An operation of the network has no ONNX form.</exception>
    internal static TorchImageClassificationModel FromNetwork(ImageNetwork network, ClassKeys classes, TrainingProvenance training)
    {
        var architecture = network.Architecture;
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        var weights = stream.ToArray();
        var onnx = Export(network, classes);
        var card = new ModelCard
        {
            Architecture = ArchitectureJson.Write(architecture),
            Classes = classes.ToCard(),
            InputShape = architecture.InputShape,
            Normalization = network.Normalization.Statistics,
            Training = training,
            Tensors = TensorTable.Read(weights),
            WeightsSha256 = HashOf(weights),
            OnnxSha256 = HashOf(onnx),
        };
        return new TorchImageClassificationModel(card, weights, onnx);
    }

    /// <summary>The network as ONNX.</summary>
    /// <exception cref="NotSupportedException">An operation of the network has no ONNX form.</exception>
    internal static byte[] Export(ImageNetwork network, ClassKeys classes) => OnnxExporter.Export(
        network,
        new OnnxExportOptions
        {
            InputShape = network.Architecture.InputShape,
            AppendSoftmax = true,
            Metadata = new Dictionary<string, string> { ["classes"] = JsonSerializer.Serialize(classes.Names) },
        },
        network.Architecture.GetOnnxEmitters());

    internal static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static void CheckHash(string part, byte[] bytes, string expected)
    {
        if (HashOf(bytes) is var found && found != expected)
            throw new InvalidDataException($"The {part} and the card of the model do not belong together: the SHA-256 is {found}, but the card says {expected}. The file was damaged or changed.");
    }
}
