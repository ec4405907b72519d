namespace TfKd;

/// <summary>One operation of an ONNX graph (onnx.proto, NodeProto).</summary>
/// <param name="Name">Its name, or that of its first output where it has none.</param>
/// <param name="Operation">The operator's type.</param>
/// <param name="Inputs">Names of what it reads; an empty one where an optional input is left out.</param>
/// <param name="Outputs">Names of what it returns.</param>
internal sealed record OnnxNode(string Name, string Operation, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs)
{
    /// <summary>The attributes that are whole numbers, one or several.</summary>
    public Dictionary<string, IReadOnlyList<long>> Integers { get; } = new(StringComparer.Ordinal);

    /// <summary>The attributes that are one floating-point number.</summary>
    public Dictionary<string, float> Numbers { get; } = new(StringComparer.Ordinal);

    /// <summary>The attributes that are a text.</summary>
    public Dictionary<string, string> Texts { get; } = new(StringComparer.Ordinal);

    /// <summary>The attribute <c>value</c> of a Constant, where it is a tensor.</summary>
    public OnnxTensor? Constant { get; set; }
}
