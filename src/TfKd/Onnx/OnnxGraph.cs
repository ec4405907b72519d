using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A graph under construction: operations, constants, and names that are given once. It becomes a message when it is finished, so until
/// then its parts can be looked at and replaced (field numbers: onnx.proto, GraphProto and below).
/// </summary>
internal sealed class OnnxGraph
{
    /// <summary>The domain of ONNX's operators of classical machine learning.</summary>
    public const string MLDomain = "ai.onnx.ml";

    private readonly List<OnnxPart> _parts = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxConstant> _weights = new(StringComparer.Ordinal);

    /// <summary>Operations and constants as they are written; operations in the order of execution.</summary>
    public IReadOnlyList<OnnxPart> Parts => _parts;

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
        _parts.Add(new OnnxOperation(operation, output, inputs, arguments));
        return output;
    }

    /// <summary>
    /// Adds a tensor as a float32 constant; the same key with the same numbers gives the same constant, for a layer that is called twice.
    /// </summary>
    /// <param name="key">What it is called.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="isParameter">Whether it is made of a parameter or buffer; otherwise of settings and sizes.</param>
    public string Weights(string key, Tensor tensor, bool isParameter = true)
    {
        using var scope = NewDisposeScope();
        var values = tensor.detach().to(ScalarType.Float32).cpu().contiguous();
        // A layer's parameter that is read by others, too, may be in another shape there.
        var place = key;
        for (var i = 2; _weights.TryGetValue(place, out var known); i++)
        {
            if (known.Shape.SequenceEqual(values.shape) && known.Data.Span.SequenceEqual(values.bytes))
                return known.Name;
            place = $"{key}#{i}";
        }

        var constant = new OnnxConstant(Name(key), OnnxDataType.Float32, values.shape, values.bytes.ToArray())
        {
            Key = isParameter ? key : null,
        };
        _parts.Add(constant);
        _weights[place] = constant;
        return constant.Name;
    }

    /// <summary>Adds float32 numbers that no parameter has.</summary>
    public string Fixed(string key, Tensor tensor) => Weights(key, tensor, isParameter: false);

    /// <summary>Adds a vector of integers as a constant.</summary>
    public string Integers(string nameWish, IReadOnlyList<long> values) =>
        Constant(nameWish, OnnxDataType.Int64, [values.Count], MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray());

    /// <summary>Adds a number as a constant.</summary>
    public string Scalar(string nameWish, float value) => Constant(nameWish, OnnxDataType.Float32, [], BitConverter.GetBytes(value));

    /// <summary>
    /// Adds a list of texts as the keys of a LabelEncoder that no other node reads. It must have an input, and has a constant that is never
    /// looked at.
    /// </summary>
    public void LabelEncoder(string nameWish, IReadOnlyList<string> keys)
    {
        var name = Name(nameWish);
        var input = Name($"{name}.input");
        _parts.Add(new OnnxConstant(input, OnnxDataType.String, [1], ReadOnlyMemory<byte>.Empty));
        var indices = Enumerable.Range(0, keys.Count).Select(index => (long)index);
        OnnxArgument[] arguments = [OnnxArgument.Of("keys_strings", keys), OnnxArgument.Of("values_int64s", [.. indices])];
        _parts.Add(new OnnxOperation("LabelEncoder", name, [input], arguments) { Domain = MLDomain });
    }

    /// <summary>Adds a constant and returns its name.</summary>
    public string Constant(string nameWish, int dataType, IReadOnlyList<long> shape, ReadOnlyMemory<byte> values)
    {
        var name = Name(nameWish);
        _parts.Add(new OnnxConstant(name, dataType, shape, values));
        return name;
    }

    /// <summary>Adds an operation that makes outputs of the graph, whose names were taken before.</summary>
    public void Close(string operation, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxValue> outputs) => _parts.Add(
        new OnnxOperation(operation, outputs[0].Name, inputs, []) { MoreOutputs = [.. outputs.Skip(1).Select(output => output.Name)] });

    /// <summary>Takes back, when it is called, all that was added since this was.</summary>
    public Action Mark()
    {
        var count = _parts.Count;
        string[] names = [.. _names];
        string[] weights = [.. _weights.Keys];
        return () =>
        {
            _parts.RemoveRange(count, _parts.Count - count);
            _names.IntersectWith(names);
            foreach (var key in _weights.Keys.Except(weights).ToList())
                _weights.Remove(key);
        };
    }

    /// <summary>Puts other parts in the place of all; operations in the order of execution.</summary>
    public void Replace(IEnumerable<OnnxPart> parts)
    {
        List<OnnxPart> all = [.. parts];
        _parts.Clear();
        _parts.AddRange(all);
    }

    /// <summary>The GraphProto of a graph that is closed.</summary>
    public ProtoMessage ToMessage(string graphName, OnnxValue input, IReadOnlyList<OnnxValue> outputs)
    {
        var message = new ProtoMessage();
        foreach (var part in _parts)
            message.Message(part.Field, part.ToMessage());
        message.Text(2, graphName).Message(11, ValueInfo(input));
        foreach (var output in outputs)
            message.Message(12, ValueInfo(output));
        return message;
    }

    /// <summary>ONNX's number of a type that inputs and outputs have.</summary>
    public static int DataType(ScalarType type) => type switch
    {
        ScalarType.Float32 => OnnxDataType.Float32,
        ScalarType.Byte => OnnxDataType.UInt8,
        ScalarType.Int64 => OnnxDataType.Int64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "The type is not used in exported graphs."),
    };

    private static ProtoMessage ValueInfo(OnnxValue value)
    {
        var shape = new ProtoMessage().Message(1, new ProtoMessage().Text(2, "batch"));
        foreach (var dimension in value.Shape.Skip(1))
            shape.Message(1, new ProtoMessage().Integer(1, dimension));
        var tensorType = new ProtoMessage().Integer(1, DataType(value.Type)).Message(2, shape);
        return new ProtoMessage().Text(1, value.Name).Message(2, new ProtoMessage().Message(1, tensorType));
    }
}
