using static TorchSharp.torch;

namespace TfKd;

/// <summary>One call of one leaf module, as an emitter sees it: what it read, and where to write its nodes.</summary>
public sealed class OnnxLeaf
{
    private readonly OnnxGraph _graph;
    private readonly string _typeName;

    internal OnnxLeaf(OnnxGraph graph, string path, string typeName, IReadOnlyList<OnnxValue> inputs, IReadOnlyList<long> outputShape) =>
        (_graph, Path, _typeName, Inputs, OutputShape) = (graph, path, typeName, inputs, outputShape);

    /// <summary>The module's path from the root, such as <c>body.layer1.0.conv1</c>.</summary>
    public string Path { get; }

    /// <summary>What the module read, in the order of its arguments, or of the array that it takes.</summary>
    public IReadOnlyList<OnnxValue> Inputs { get; }

    /// <summary>The first of <see cref="Inputs"/>.</summary>
    public OnnxValue Input => Inputs[0];

    /// <summary>The shape of what the module returned, at a batch of one; the first dimension is the batch and free.</summary>
    public IReadOnlyList<long> OutputShape { get; }

    /// <summary>Writes a node of one output.</summary>
    /// <param name="operation">The ONNX operator, such as <c>Conv</c>, of opset <see cref="OnnxExporter.Opset"/>.</param>
    /// <param name="inputs">Names of values, weights and constants; an empty name leaves an optional input out.</param>
    /// <param name="arguments">The operator's attributes; those left out have the operator's defaults.</param>
    /// <returns>The name of the output.</returns>
    public string Node(string operation, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(arguments);
        return _graph.Node(operation, Path, inputs, arguments);
    }

    /// <summary>Writes a parameter or buffer of the module, as float32; written once however often the module is called.</summary>
    /// <returns>The name of the constant.</returns>
    public string Weights(string name, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return _graph.Weights($"{Path}.{name}", tensor);
    }

    /// <summary>Writes numbers that no parameter has, as float32: those of an interpolation, say.</summary>
    internal string Fixed(string name, Tensor tensor) => _graph.Fixed($"{Path}.{name}", tensor);

    /// <summary>Writes a vector of 64-bit integers, such as a shape.</summary>
    /// <returns>The name of the constant.</returns>
    public string Integers(string name, params IReadOnlyList<long> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return _graph.Integers($"{Path}.{name}", values);
    }

    /// <summary>Writes a float32 number.</summary>
    /// <returns>The name of the constant.</returns>
    public string Scalar(string name, double value) => _graph.Scalar($"{Path}.{name}", (float)value);

    /// <summary>The error to throw where the module's settings have no ONNX form; it names the module.</summary>
    /// <param name="reason">A clause: what of the settings, and what would do.</param>
    public NotSupportedException Refuse(string reason) => new($"'{Path}' ({_typeName}) has no ONNX form: {reason}.");
}
