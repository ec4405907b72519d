using System.Security.Cryptography;
using System.Text;

namespace TfKd.MLNet;

/// <summary>
/// A trained image classifier: immutable, holding no native memory, safe to use from any number of threads. It has the weights, to go on
/// with in Torch, and the same network as ONNX, to predict with, unless it was trained to score with Torch.
/// </summary>
public sealed partial class TorchImageClassificationModel
{
    private readonly WeightParts _weights;
    private readonly byte[] _onnx;
    private readonly NetworkArchitecture? _given;
    private readonly Lazy<NetworkArchitecture> _architecture;

    /// <exception cref="InvalidDataException">Card, weights and ONNX model do not belong together.</exception>
    internal TorchImageClassificationModel(ModelCard card, byte[] weights, byte[] onnx, NetworkArchitecture? architecture = null)
        : this(card, WeightParts.Of(weights, onnx), onnx, architecture)
    {
    }

    /// <param name="card">What it says of itself.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="onnx">The ONNX model; empty where the card says that Torch scores.</param>
    /// <param name="architecture">What the card says in words; null: it is made of them.</param>
    /// <exception cref="InvalidDataException">Card, weights and ONNX model do not belong together.</exception>
    internal TorchImageClassificationModel(ModelCard card, WeightParts weights, byte[] onnx, NetworkArchitecture? architecture = null)
    {
        if ((card.ScoringBackend == ScoringBackend.Torch) != (onnx.Length == 0))
        {
            throw new InvalidDataException(
                $"The card of the model says that it scores by {card.ScoringBackend}, but its ONNX model has {onnx.Length:N0} bytes; "
                + $"expected none for {ScoringBackend.Torch}, and some otherwise. The file was damaged or changed.");
        }

        var header = weights.Length > 0 ? weights.ReadHeader() : null;
        var differences = header is null ? [] : TensorTable.Differences(card.Tensors, TensorTable.Of(header)).ToList();
        if (differences.Count > 0)
            throw new InvalidDataException($"{WeightParts.Name} are not those of its card:\n{string.Join('\n', differences)}");
        // The weights are made of it: what is wrong with both is wrong with the ONNX model.
        CheckHash("ONNX model", HashOf(onnx), card.OnnxSha256);
        if (header is not null)
            CheckHash("weights", HashOf(weights), card.WeightsSha256);
        (Card, _weights, _onnx) = (card, weights, onnx);
        Classes = ClassKeys.FromCard(card.Classes);
        OnnxContent = HasOnnx ? OnnxContent.TryRead(onnx) : null;
        OnnxContent?.RequireOneFile("the model's network");
        OnnxContent?.RequireBounded("the model's network");
        ModelConsistency.Require(card, Classes.Names, header, OnnxContent);
        _given = architecture;
        _architecture = new Lazy<NetworkArchitecture>(() => architecture ?? ArchitectureJson.Read(card.Architecture));
    }

    /// <summary>What the model was made from and with.</summary>
    public ModelCard Card { get; }

    /// <summary>The classes as text, in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames => Classes.Names;

    /// <summary>The shape of the images that the network takes; images of other sizes are scaled and cropped to it.</summary>
    public ImageShape InputShape => Card.InputShape;

    /// <summary>Mean and standard deviation of each channel, that the network normalises with.</summary>
    public ChannelStatistics Normalization => Card.Normalization;

    /// <summary>
    /// The weights, in safetensors layout, under the state-dict keys of the network. Put together anew at each call: most of them are held
    /// once, in <see cref="Onnx"/>. Empty for a model that was left without (<see cref="HasWeights"/>).
    /// </summary>
    public ReadOnlyMemory<byte> Weights => _weights.ToArray();

    /// <summary>
    /// Whether the model has the weights, to go on with in Torch; false after
    /// <see cref="TorchImageClassificationTransformer.WithoutWeights"/>.
    /// </summary>
    public bool HasWeights => _weights.Length > 0;

    /// <summary>
    /// The ONNX model: <c>images</c> [N,C,H,W] uint8 in, <c>scores</c> [N,K] out, with normalisation and softmax (or sigmoid) inside and
    /// the class names in its metadata; <c>embedding</c> [N,D], where <see cref="ModelCard.EmbeddingSize"/> is above 0. Empty for a model
    /// that scores with Torch (<see cref="ModelCard.ScoringBackend"/>).
    /// </summary>
    public ReadOnlyMemory<byte> Onnx => _onnx;

    /// <summary>The architecture of the network. Its type is looked for when it is first asked for, and not to predict.</summary>
    /// <exception cref="InvalidDataException">The application does not have the type.</exception>
    public NetworkArchitecture Architecture => _architecture.Value;

    /// <summary>What the network's logits are divided by before the softmax; 1 where scores were not calibrated.</summary>
    public double Temperature => Card.Temperature;

    /// <summary>
    /// From which probability on each class is a label of a photo, in the order of <see cref="ClassNames"/>; null: a photo has one label.
    /// </summary>
    public IReadOnlyList<double>? Thresholds => Card.Thresholds;

    /// <summary>When no label is predicted; null: never.</summary>
    public Rejection? Rejection => Card.Rejection;

    internal ClassKeys Classes { get; }

    /// <summary>Whether there is an ONNX model.</summary>
    internal bool HasOnnx => _onnx.Length > 0;

    /// <summary>What <see cref="Weights"/> is made of.</summary>
    internal WeightParts WeightParts => _weights;

    /// <summary>What <see cref="Onnx"/> says of itself; null where its bytes are no ONNX model.</summary>
    internal OnnxContent? OnnxContent { get; }

    /// <summary>What it is, and how good, in a line.</summary>
    public override string ToString() => ModelCardText.Summary(this);

    /// <summary>
    /// Writes the card for people, as Markdown: architecture, input, size, latency on this machine (measured now), calibration, rows and
    /// metrics by split, plan, seed and versions. Put it beside the model's file.
    /// </summary>
    /// <example><code>
    /// transformer.Model.SaveCard("model.md");
    /// </code></example>
    public void SaveCard(string path)
    {
        var text = ModelCardText.Markdown(this, ModelCardText.Latency(this));
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>
    /// Writes a PNG of where in a photo the network sees a class, as <see cref="HeatMap"/> describes it. Needs libtorch, and builds the
    /// network for each call; for many photos call <see cref="HeatMap.Save"/> with one of <see cref="CreateNetwork()"/>.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="imagePath">The photo: JPEG, PNG, WebP, GIF or BMP.</param>
    /// <param name="className">The class, one of <see cref="ClassNames"/>. Default null: the most probable one.</param>
    /// <exception cref="ArgumentException">There is no such class.</exception>
    /// <exception cref="ImageDecodingException">The file is no image, or not a whole one.</exception>
    /// <exception cref="InvalidOperationException">The architecture names no stages.</exception>
    /// <example><code>
    /// transformer.Model.SaveHeatMap("where.png", "photo.jpg", className: "rose");
    /// </code></example>
    public void SaveHeatMap(string path, string imagePath, string? className = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(imagePath);
        int? index = className is null ? null : Enumerable.Range(0, ClassNames.Count).FirstOrDefault(i => ClassNames[i] == className, -1);
        if (index < 0)
            throw new ArgumentException(
                $"className must be one of [{string.Join(", ", ClassNames)}], but is '{className}'.", nameof(className));
        using var network = CreateNetwork();
        HeatMap.Save(path, network, File.ReadAllBytes(imagePath), index);
    }

    /// <summary>The same model with another rule of when not to predict.</summary>
    internal TorchImageClassificationModel With(Rejection? rejection) =>
        new(Card with { Rejection = rejection }, _weights, _onnx, _given);

    internal static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string HashOf(WeightParts weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        weights.AppendTo(hash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void CheckHash(string part, string found, string expected)
    {
        if (found != expected)
        {
            throw new InvalidDataException(
                $"The {part} and the card of the model do not belong together: the SHA-256 is {found}, but the card says {expected}. " +
                "The file was damaged or changed.");
        }
    }
}
