using System.Buffers.Binary;

namespace TfKd;

/// <summary>
/// The outermost graph of an ONNX file (github.com/onnx/onnx, onnx.proto): its nodes in their order, which is that of execution, and its
/// stored constants. Sizes in it are believed only as far as the content goes; no tensor is copied before it is asked for.
/// </summary>
internal sealed class OnnxModel
{
    private readonly byte[] _content;
    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, OnnxTensor> _constants = new(StringComparer.Ordinal);

    private OnnxModel(byte[] content) => _content = content;

    /// <summary>The program that wrote the file; empty where it does not say.</summary>
    public string Producer { get; private set; } = "";

    /// <summary>The nodes, in the order of execution.</summary>
    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    /// <summary>The initialisers, by name.</summary>
    public IReadOnlyDictionary<string, OnnxTensor> Constants => _constants;

    /// <param name="content">The whole file; must not change while the model is in use.</param>
    /// <exception cref="InvalidDataException">The content is no such file, or has tensors in other files.</exception>
    public static OnnxModel Read(byte[] content)
    {
        var model = new OnnxModel(content);
        OnnxContent.TryRead(content)?.RequireOneFile("the ONNX file");
        for (var fields = new ProtoFields(content); fields.Next();)
        {
            if (fields.Number == 2 && fields.HasLength)
                model.Producer = fields.Text;
            else if (fields.Number == 7)
                model.ReadGraph(fields.Bytes);
        }

        return model._nodes.Count > 0 ? model : throw new InvalidDataException("expected the nodes of an ONNX graph, found none.");
    }

    private void ReadGraph(ReadOnlySpan<byte> graph)
    {
        for (var fields = new ProtoFields(graph); fields.Next();)
        {
            if (fields.Number == 1)
                _nodes.Add(ReadNode(fields.Bytes));
            else if (fields.Number == 5 && ReadTensor(fields.Bytes) is var tensor)
                _constants[tensor.Name] = tensor;
        }
    }

    private OnnxNode ReadNode(ReadOnlySpan<byte> content)
    {
        var (name, operation, inputs, outputs) = ("", "", new List<string>(), new List<string>());
        for (var fields = new ProtoFields(content); fields.Next();)
        {
            switch (fields.Number)
            {
                case 1: inputs.Add(fields.Text); break;
                case 2: outputs.Add(fields.Text); break;
                case 3: name = fields.Text; break;
                case 4: operation = fields.Text; break;
            }
        }

        var needed = operation switch { "Conv" or "Gemm" or "MatMul" => 2, "BatchNormalization" => 5, _ => 0 };
        if (inputs.Count < needed || outputs.Count == 0)
        {
            throw new InvalidDataException(
                $"expected {needed} inputs or more and an output of {operation} '{name}', found {inputs.Count} and {outputs.Count}.");
        }

        var node = new OnnxNode(name.Length > 0 ? name : outputs[0], operation, inputs, outputs);
        for (var fields = new ProtoFields(content); fields.Next();)
        {
            if (fields.Number == 5)
                ReadAttribute(node, fields.Bytes);
        }

        return node;
    }

    private void ReadAttribute(OnnxNode node, ReadOnlySpan<byte> attribute)
    {
        var (name, integers) = ("", new List<long>());
        float? number = null;
        string? text = null;
        OnnxTensor? tensor = null;
        for (var fields = new ProtoFields(attribute); fields.Next();)
        {
            switch (fields.Number)
            {
                case 1: name = fields.Text; break;
                case 2: number = BitConverter.UInt32BitsToSingle((uint)fields.Value); break;
                case 3 or 8: fields.AddIntegers(integers); break;
                case 4: text = fields.Text; break;
                case 5: tensor = ReadTensor(fields.Bytes); break;
            }
        }

        if (number is { } value)
            node.Numbers[name] = value;
        if (integers.Count > 0)
            node.Integers[name] = integers;
        if (text is not null)
            node.Texts[name] = text;
        if (name == "value")
            node.Constant = tensor;
    }

    private OnnxTensor ReadTensor(ReadOnlySpan<byte> tensor)
    {
        var (name, type, shape, parts) = ("", 0, new List<long>(), new List<ReadOnlyMemory<byte>>());
        for (var fields = new ProtoFields(tensor); fields.Next();)
        {
            switch (fields.Number)
            {
                case 1: fields.AddIntegers(shape); break;
                case 2: type = (int)Math.Min(fields.Value, int.MaxValue); break;
                // Raw bytes, floats and doubles are the same bytes.
                case 4 or 9 or 10 when fields.HasLength: parts.Add(Slice(fields.Bytes)); break;
                case 4: parts.Add(Bytes((uint)fields.Value)); break;
                case 8: name = fields.Text; break;
            }
        }

        return new OnnxTensor(name, type, shape, parts.Count == 1 ? parts[0] : parts.SelectMany(part => part.ToArray()).ToArray());
    }

    private static ReadOnlyMemory<byte> Bytes(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private ReadOnlyMemory<byte> Slice(ReadOnlySpan<byte> part) =>
        _content.AsSpan().Overlaps(part, out var offset) ? _content.AsMemory(offset, part.Length) : default;
}
