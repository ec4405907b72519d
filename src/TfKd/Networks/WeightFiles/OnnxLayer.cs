namespace TfKd;

/// <summary>The kinds of layers that have weights in the library's networks.</summary>
internal enum OnnxLayerKind
{
    /// <summary>A convolution.</summary>
    Convolution,

    /// <summary>A batch norm.</summary>
    BatchNorm,

    /// <summary>A linear layer.</summary>
    Linear,
}

/// <summary>A layer of an ONNX graph that has weights.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">The name of its node.</param>
/// <param name="Shape">The shape of its weight, as Torch has it.</param>
/// <param name="Place">
/// Where its input comes from: equal for two layers, of one graph or of two, where all weighted layers and junctions before them are equal.
/// </param>
internal sealed record OnnxLayer(OnnxLayerKind Kind, string Name, IReadOnlyList<long> Shape, int Place)
{
    /// <summary>
    /// Its weights, under the names that Torch gives them: <c>weight</c>, <c>bias</c>, <c>running_mean</c>, <c>running_var</c>.
    /// </summary>
    public Dictionary<string, OnnxTensor> Weights { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the weight stands as [inputs, outputs].</summary>
    public bool IsTransposed { get; init; }

    /// <summary>What else decides on its result, in words; empty for a linear layer.</summary>
    public string Settings { get; init; } = "";

    /// <summary>What a layer must have to be in the place of this one.</summary>
    public string Signature => $"{Kind} [{string.Join(',', Shape)}] {Place}";

    /// <summary>The layer in a message.</summary>
    public override string ToString() => $"{Kind} '{Name}' [{string.Join(',', Shape)}]";
}
