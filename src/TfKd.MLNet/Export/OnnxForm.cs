namespace TfKd.MLNet;

/// <summary>In which form a network is written as ONNX.</summary>
internal sealed record OnnxForm
{
    /// <summary>The type of the pixels. Default: bytes, as models have it.</summary>
    public OnnxInputType InputType { get; init; } = OnnxInputType.Bytes;

    /// <summary>What logits are divided by. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// From which score on each class is a label, where an image may have several and scores are sigmoids. Default null: scores are a
    /// softmax.
    /// </summary>
    public IReadOnlyList<double>? Thresholds { get; init; }

    /// <summary>In which numbers. Default: float32.</summary>
    public OnnxNumbers Numbers { get; init; } = OnnxNumbers.Float32;

    /// <summary>Whether the embedding is an output, too. Default false.</summary>
    public bool WithEmbedding { get; init; }

    /// <summary>How many of the highest scores are outputs of their own. Default 0.</summary>
    public int TopK { get; init; }
}
