using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A graph under construction: nodes, constants, and names that are given once (field numbers: onnx.proto, GraphProto and below).
/// </summary>
internal sealed class OnnxGraph
{
    /// <summary>The domain of ONNX's operators of classical machine learning.</summary>
    public const string MLDomain = "ai.onnx.ml";

    private const int StringDataType = 8;

    private readonly ProtoMessage _message = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _weights = new(StringComparer.Ordinal);

    /// <summary>Takes a name for a tensor: the wished one, or one with a number behind it where that is taken.</summary>
    public string Name(string wish)
    {
        var name = wish;
        for (var i = 2; !_names.Add(name); i++)
            name = $"{wish}#{i}";
        return name;
    }

    /// <summary>Adds a node of one output and returns that output's name.</summary>
    public string Node(string operation, string outputWish, IReadOnlyList<string> inputs, IReadOnlyList<OnnxArgument> arguments)
    {
        var output = Name(outputWish);
        AddNode(operation, output, inputs, arguments);
        return output;
    }

    /// <summary>Adds a tensor as a float32 constant; the same key gives the same constant, for a layer that is called twice.</summary>
    public string Weights(string key, Tensor tensor)
    {
        if (_weights.TryGetValue(key, out var name))
            return name;
        using var scope = NewDisposeScope();
        var values = tensor.detach().to(ScalarType.Float32).cpu().contiguous();
        return _weights[key] = Constant(key, ScalarType.Float32, values.shape, values.bytes.ToArray());
    }

    /// <summary>Adds a vector of integers as a constant.</summary>
    public string Integers(string nameWish, IReadOnlyList<long> values) =>
        Constant(nameWish, ScalarType.Int64, [values.Count], MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray());

    /// <summary>Adds a number as a constant.</summary>
    public string Scalar(string nameWish, float value) => Constant(nameWish, ScalarType.Float32, [], BitConverter.GetBytes(value));

    /// <summary>
    /// Adds a list of texts as the keys of a LabelEncoder that no other node reads. It must have an input, and has a constant that is never
    /// looked at.
    /// </summary>
    public void LabelEncoder(string nameWish, IReadOnlyList<string> keys)
    {
        var name = Name(nameWish);
        var input = Name($"{name}.input");
        _message.Message(5, new ProtoMessage().Integer(1, 1).Integer(2, StringDataType).Text(6, "").Text(8, input));
        var indices = Enumerable.Range(0, keys.Count).Select(index => (long)index);
        AddNode("LabelEncoder", name, [input], [
            OnnxArgument.Of("keys_strings", keys),
            OnnxArgument.Of("values_int64s", [.. indices]),
        ], MLDomain);
    }

    /// <summary>The finished GraphProto, closed by a node that makes the output.</summary>
    public ProtoMessage Finish(string graphName, string lastOperation, OnnxValue input, OnnxValue result, OnnxValue output)
    {
        AddNode(lastOperation, output.Name, [result.Name], []);
        return _message.Text(2, graphName).Message(11, ValueInfo(input)).Message(12, ValueInfo(output));
    }

    private void AddNode(
        string operation, string output, IReadOnlyList<string> inputs, IReadOnlyList<OnnxArgument> arguments, string domain = "")
    {
        var node = new ProtoMessage();
        foreach (var input in inputs)
            node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, operation);
        foreach (var argument in arguments)
            node.Message(5, argument.Message);
        if (domain.Length > 0)
            node.Text(7, domain);
        _message.Message(1, node);
    }

    /// <summary>ONNX's number of an element type (TensorProto.DataType).</summary>
    public static int DataType(ScalarType type) => type switch
    {
        ScalarType.Float32 => 1,
        ScalarType.Byte => 2,
        ScalarType.Int64 => 7,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type is not used in exported graphs."),
    };

    private string Constant(string nameWish, ScalarType type, IReadOnlyList<long> shape, byte[] values)
    {
        var name = Name(nameWish);
        var constant = new ProtoMessage();
        foreach (var dimension in shape)
            constant.Integer(1, dimension);
        _message.Message(5, constant.Integer(2, DataType(type)).Text(8, name).Bytes(9, values));
        return name;
    }

    private static ProtoMessage ValueInfo(OnnxValue value)
    {
        var shape = new ProtoMessage().Message(1, new ProtoMessage().Text(2, "batch"));
        foreach (var dimension in value.Shape.Skip(1))
            shape.Message(1, new ProtoMessage().Integer(1, dimension));
        var tensorType = new ProtoMessage().Integer(1, DataType(value.Type)).Message(2, shape);
        return new ProtoMessage().Text(1, value.Name).Message(2, new ProtoMessage().Message(1, tensorType));
    }
}
