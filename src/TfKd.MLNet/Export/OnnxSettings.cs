namespace TfKd.MLNet;

/// <summary>
/// How <see cref="TorchImageClassificationTransformer.SaveOnnx(string, OnnxSettings)"/> writes a model. Anything but the defaults is
/// exported anew, which needs libtorch.
/// </summary>
/// <example><code>
/// var settings = new OnnxSettings { Width = 96, Height = 96, Weights = OnnxWeights.Float16 };
/// transformer.SaveOnnx("model.onnx", settings);
/// </code></example>
public sealed record OnnxSettings
{
    /// <summary>The type of the pixels. Default: <see cref="OnnxInputType.Bytes"/>.</summary>
    /// <example><code>
    /// var settings = new OnnxSettings { InputType = OnnxInputType.Floats };
    /// </code></example>
    public OnnxInputType InputType { get; init => field = Require.Defined(value); } = OnnxInputType.Bytes;

    /// <summary>Width of the images in pixels; a size that the network takes. Default 0: the width that it was trained at.</summary>
    public int Width { get; init => field = Require.NotNegative(value); }

    /// <summary>Height of the images in pixels; a size that the network takes. Default 0: the height that it was trained at.</summary>
    public int Height { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// In which numbers weights are. Default null: in those that the model scores with. <see cref="OnnxWeights.Int8"/> needs rows to
    /// calibrate on, unless the model has it and nothing else is set.
    /// </summary>
    public OnnxWeights? Weights { get; init => field = value is { } weights ? Require.Defined(weights) : null; }

    /// <summary>
    /// Whether weights of <see cref="OnnxWeights.Int8"/> take 7 of the 8 bits, for processors of the x86 family without VNNI; see
    /// <see cref="OnnxExportOptions.ReduceRange"/>. Default false: only where the model's own do. This property is ignored for other
    /// weights.
    /// </summary>
    public bool ReduceRange { get; init; }

    /// <summary>
    /// Whether the file gives the embedding of an image beside its scores, as an output <c>embedding</c> [N,D]; see
    /// <see cref="OnnxExportOptions.EmbeddingName"/>. Default null: where the model gives it.
    /// </summary>
    /// <example><code>
    /// var settings = new OnnxSettings { Embedding = true };
    /// </code></example>
    public bool? Embedding { get; init; }

    /// <summary>
    /// How many of the highest scores the file gives as outputs of their own, <c>top_scores</c> and <c>top_indices</c> [N,k], the places in
    /// the classes of the metadata; see <see cref="OnnxExportOptions.TopK"/>. Default 0: there are no such outputs.
    /// </summary>
    /// <example><code>
    /// var settings = new OnnxSettings { TopK = 3 };
    /// </code></example>
    public int TopK { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// What is done with images that cannot be decoded, of the rows that weights of <see cref="OnnxWeights.Int8"/> are calibrated on.
    /// Default: <see cref="UndecodableImages.Throw"/>. This property is ignored for other weights.
    /// </summary>
    /// <example><code>
    /// var settings = new OnnxSettings { Weights = OnnxWeights.Int8, UndecodableImages = UndecodableImages.Skip };
    /// </code></example>
    public UndecodableImages UndecodableImages { get; init => field = Require.Defined(value); } = UndecodableImages.Throw;

    /// <summary>Whether weights take 7 bits in the file of a model.</summary>
    internal bool ReducesRangeOf(ModelCard card) =>
        ReduceRange || card.Training.Quantization is { ReduceRange: true };

    /// <summary>Whether these are the settings that a model is held in.</summary>
    internal bool AreOf(ModelCard card) => this with
    {
        Weights = Weights == card.OnnxWeights ? null : Weights,
        ReduceRange = ReduceRange && (Weights ?? card.OnnxWeights) == OnnxWeights.Int8
            && card.Training.Quantization is not { ReduceRange: true },
        Embedding = Embedding == card.EmbeddingSize > 0 ? null : Embedding,
        UndecodableImages = UndecodableImages.Throw,
    } == new OnnxSettings();
}
