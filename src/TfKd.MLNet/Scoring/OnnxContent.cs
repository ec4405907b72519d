namespace TfKd.MLNet;

/// <summary>
/// What an ONNX file (github.com/onnx/onnx, onnx.proto) says of itself, read before ONNX Runtime opens it: its metadata, its operators, and
/// which of its tensors are in other files.
/// </summary>
internal sealed class OnnxContent
{
    // Graphs within graphs: of branches and loops.
    private const int MaxDepth = 20;
    private const int ExternalLocation = 1;

    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> _operators = new(StringComparer.Ordinal);
    private readonly HashSet<string> _otherFiles = new(StringComparer.Ordinal);

    private OnnxContent()
    {
    }

    /// <summary>The <c>metadata_props</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The types of all nodes, also of those in graphs within the graph.</summary>
    public IReadOnlySet<string> Operators => _operators;

    /// <summary>Where tensors are that are not in the file itself: paths of other files, as the model names them.</summary>
    public IReadOnlySet<string> OtherFiles => _otherFiles;

    /// <summary>Null where the bytes are no such message; ONNX Runtime then says what is wrong with them.</summary>
    public static OnnxContent? TryRead(ReadOnlySpan<byte> model)
    {
        var content = new OnnxContent();
        try
        {
            content.ReadModel(model);
            return content;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <param name="name">What messages call the model.</param>
    /// <exception cref="InvalidDataException">Tensors of the model are in other files.</exception>
    public void RequireOneFile(string name)
    {
        if (_otherFiles.Count == 0)
            return;
        var files = string.Join(", ", _otherFiles.Order(StringComparer.Ordinal).Take(5).Select(file => $"'{file}'"));
        throw new InvalidDataException(
            $"{char.ToUpperInvariant(name[0])}{name[1..]} must be whole, but has tensors in other files ({files}), which are not read. "
            + "Save it as one file, in Python: onnx.save(onnx.load('model.onnx'), 'whole.onnx'); torch.onnx.export does so with "
            + "external_data=False. One file takes up to 2 GB.");
    }

    private void ReadModel(ReadOnlySpan<byte> model)
    {
        for (var fields = new ProtoFields(model); fields.Next();)
        {
            switch (fields.Number)
            {
                case 7: ReadGraph(fields.Bytes, 0); break;
                case 14: ReadMetadata(fields.Bytes); break;
                case 20: ReadTraining(fields.Bytes); break;
                case 25: ReadFunction(fields.Bytes); break;
            }
        }
    }

    private void ReadMetadata(ReadOnlySpan<byte> entry)
    {
        var (key, value) = ReadPair(entry);
        // As ONNX Runtime has it: the last one of a key counts.
        _metadata[key] = value;
    }

    private static (string Key, string Value) ReadPair(ReadOnlySpan<byte> entry)
    {
        var (key, value) = ("", "");
        for (var fields = new ProtoFields(entry); fields.Next();)
        {
            if (fields.Number == 1)
                key = fields.Text;
            else if (fields.Number == 2)
                value = fields.Text;
        }

        return (key, value);
    }

    private void ReadTraining(ReadOnlySpan<byte> training)
    {
        for (var fields = new ProtoFields(training); fields.Next();)
        {
            if (fields.Number is 1 or 2)
                ReadGraph(fields.Bytes, 0);
        }
    }

    private void ReadFunction(ReadOnlySpan<byte> function)
    {
        for (var fields = new ProtoFields(function); fields.Next();)
        {
            if (fields.Number == 7)
                ReadNode(fields.Bytes, 0);
        }
    }

    private void ReadGraph(ReadOnlySpan<byte> graph, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidDataException($"expected graphs within one another to a depth of {MaxDepth}, found more.");
        for (var fields = new ProtoFields(graph); fields.Next();)
        {
            switch (fields.Number)
            {
                case 1: ReadNode(fields.Bytes, depth); break;
                case 5: ReadTensor(fields.Bytes); break;
                case 15: ReadSparseTensor(fields.Bytes); break;
            }
        }
    }

    private void ReadNode(ReadOnlySpan<byte> node, int depth)
    {
        for (var fields = new ProtoFields(node); fields.Next();)
        {
            if (fields.Number == 4)
                _operators.Add(fields.Text);
            else if (fields.Number == 5)
                ReadAttribute(fields.Bytes, depth);
        }
    }

    private void ReadAttribute(ReadOnlySpan<byte> attribute, int depth)
    {
        for (var fields = new ProtoFields(attribute); fields.Next();)
        {
            switch (fields.Number)
            {
                case 5 or 10: ReadTensor(fields.Bytes); break;
                case 6 or 11: ReadGraph(fields.Bytes, depth + 1); break;
                case 22 or 23: ReadSparseTensor(fields.Bytes); break;
            }
        }
    }

    private void ReadSparseTensor(ReadOnlySpan<byte> tensor)
    {
        for (var fields = new ProtoFields(tensor); fields.Next();)
        {
            if (fields.Number is 1 or 2)
                ReadTensor(fields.Bytes);
        }
    }

    private void ReadTensor(ReadOnlySpan<byte> tensor)
    {
        var (isElsewhere, location) = (false, "");
        for (var fields = new ProtoFields(tensor); fields.Next();)
        {
            if (fields.Number == 14)
                isElsewhere = fields.Value == ExternalLocation;
            else if (fields.Number == 13 && ReadPair(fields.Bytes) is ("location", var path))
                location = path;
        }

        if (isElsewhere)
            _otherFiles.Add(location);
    }
}
