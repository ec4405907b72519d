using static TorchSharp.torch;

namespace TfKd;

/// <summary>How a network is written as ONNX.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The shape of one image; the batch stays free, height and width are fixed.</summary>
    public required ImageShape InputShape { get; init; }

    /// <summary>The type of the pixels 0 to 255: <see cref="ScalarType.Byte"/> (the default) or <see cref="ScalarType.Float32"/>.</summary>
    public ScalarType InputType
    {
        get;
        init => field = value is ScalarType.Byte or ScalarType.Float32
            ? value
            : throw new ArgumentOutOfRangeException(nameof(InputType), value, $"InputType must be Byte or Float32, but is {value}.");
    } = ScalarType.Byte;

    /// <summary>Name of the input. Default: images.</summary>
    public string InputName { get; init => field = NotEmpty(value, nameof(InputName)); } = "images";

    /// <summary>Name of the output. Default: scores.</summary>
    public string OutputName { get; init => field = NotEmpty(value, nameof(OutputName)); } = "scores";

    /// <summary>
    /// Name of an output [N,D] beside the scores, the embedding of an image: what the network's last Linear or Conv2d reads, which makes
    /// the logits. What a Conv2d reads, a map, is averaged over height and width. <see cref="Temperature"/> and
    /// <see cref="AppendSoftmax"/> have no part in it. Default null: there is no such output. A network whose logits are not made by one
    /// such layer, of one vector or map an image, is refused.
    /// </summary>
    public string? EmbeddingName { get; init => field = value is null ? null : NotEmpty(value, nameof(EmbeddingName)); }

    /// <summary>
    /// How many of the highest scores are outputs of their own, 0 or above: <c>top_scores</c> [N,k] of float32, falling, and
    /// <c>top_indices</c> [N,k] of int64, their classes by place from 0, of equal scores the lower place first; k is this number, or the
    /// number of classes where there are fewer. Default 0: there are no such outputs.
    /// </summary>
    public int TopK { get; init => field = Require.NotNegative(value); }

    /// <summary>Whether the output is the softmax of what the network returns. Default: false.</summary>
    public bool AppendSoftmax { get; init; }

    /// <summary>
    /// Whether the output is the sigmoid of what the network returns, one probability a class by itself: of images that may have several
    /// labels. Default: false. Not with <see cref="AppendSoftmax"/>.
    /// </summary>
    public bool AppendSigmoid { get; init; }

    /// <summary>What the network's logits are divided by, above 0. Default: 1, and nothing is written for it.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>
    /// Lists of texts that stand in the graph itself, for readers that look there: each is the keys of a LabelEncoder of the name given,
    /// which no other node reads. Written in ordinal order of the names. Default: none, and nothing is written for it.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> LabelEncoders { get; init => field = Require.NotNull(value); } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// In which orientations the file looks at an image: its scores are those of the mean logits, and its embeddings are means. Default
    /// <see cref="TestTimeAugmentation.None"/>. The whole of it is inside the file, whatever runtime reads it.
    /// </summary>
    public TestTimeAugmentation TestTimeAugmentation { get; init => field = Require.Defined(value); }

    /// <summary>In which numbers the file holds weights, and computes. Default: <see cref="OnnxWeights.Float32"/>.</summary>
    public OnnxWeights Weights { get; init => field = Require.Defined(value); } = OnnxWeights.Float32;

    /// <summary>
    /// The ranges of the values between layers, which <see cref="OnnxWeights.Int8"/> needs. Default null: none. This property is ignored
    /// for other <see cref="Weights"/>.
    /// </summary>
    public OnnxCalibration? Calibration { get; init; }

    /// <summary>
    /// Whether weights of <see cref="OnnxWeights.Int8"/> take 7 of the 8 bits, from -63 to 63. Default false. Processors of the x86 family
    /// without VNNI add up two products in 16 bits, which 8-bit weights may exceed, and scores are then wrong on them; with 7 bits they are
    /// right everywhere, and a little less exact.
    /// </summary>
    public bool ReduceRange { get; init; }

    internal FloatLayers FloatLayers { get; init; } = FloatLayers.None;

    /// <summary>Name of the program that writes the file. Default: TfKd.</summary>
    public string ProducerName { get; init => field = NotEmpty(value, nameof(ProducerName)); } = "TfKd";

    /// <summary>Texts that travel with the model (<c>metadata_props</c>), written in ordinal order of the keys. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    private static string NotEmpty(string value, string name) =>
        string.IsNullOrEmpty(value) ? throw new ArgumentException($"{name} must not be empty.", name) : value;
}
