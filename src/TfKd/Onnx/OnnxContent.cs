using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// What an ONNX file (github.com/onnx/onnx, onnx.proto) says of itself, read before ONNX Runtime opens it: its metadata, which of its
/// tensors are in other files, and what of it has no bound.
/// </summary>
internal sealed class OnnxContent
{
    // Graphs within graphs: of branches and loops.
    private const int MaxDepth = 20;
    private const int MaxRank = 8;
    private const int Int64Type = 7;
    private const int ExternalLocation = 1;

    // How much larger one layer may make an image in all, and how far it may go beyond an edge.
    private const long MostTimesPadded = 4096;
    private const long MostPixelsPadded = 256;

    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unbounded = new(StringComparer.Ordinal);
    private readonly HashSet<string> _paddings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> _integers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _otherFiles = new(StringComparer.Ordinal);
    private readonly List<OnnxValueInfo> _outputs = [];

    private OnnxContent()
    {
    }

    /// <summary>The <c>metadata_props</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>What the graph returns.</summary>
    public IReadOnlyList<OnnxValueInfo> Outputs => _outputs;

    /// <summary>Where tensors are that are not in the file itself: paths of other files, as the model names them.</summary>
    public IReadOnlySet<string> OtherFiles => _otherFiles;

    /// <summary>
    /// What in the model could take any memory or time, whatever the size of the file: operators that are none of
    /// <see cref="OnnxOperators"/>, graphs within the graph, padding without measure; null where there is nothing of it.
    /// </summary>
    public string? Unbounded()
    {
        List<string> found = [.. _unbounded, .. _paddings.Where(IsUnbounded).Select(name => $"Pad by '{name}'")];
        found.Sort(StringComparer.Ordinal);
        return found.Count == 0 ? null : string.Join(", ", found.Take(10)) + (found.Count > 10 ? ", ..." : "");

        bool IsUnbounded(string padding) => !_integers.TryGetValue(padding, out var sizes) || TimesPadded(sizes) > MostTimesPadded;
    }

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

    /// <param name="name">What messages call the model.</param>
    /// <exception cref="InvalidDataException">Something in the model could take any memory or time.</exception>
    public void RequireBounded(string name)
    {
        if (Unbounded() is { } found)
            throw new InvalidDataException(
                $"{char.ToUpperInvariant(name[0])}{name[1..]} must be of operators whose work is bounded by their inputs, as all that this "
                + $"library exports, but has {found}. The file was changed, or is of another program.");
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
                case 25: _unbounded.Add("functions"); ReadFunction(fields.Bytes); break;
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
                case 12 when depth == 0: _outputs.Add(OnnxValueInfo.Read(fields.Bytes)); break;
                case 15: _unbounded.Add("sparse tensors"); ReadSparseTensor(fields.Bytes); break;
            }
        }
    }

    private void ReadNode(ReadOnlySpan<byte> node, int depth)
    {
        var (type, domain, inputs, attributes) = ("", "", new List<string>(), new List<(string Name, List<long> Integers)>());
        for (var fields = new ProtoFields(node); fields.Next();)
        {
            switch (fields.Number)
            {
                case 1: inputs.Add(fields.Text); break;
                case 4: type = fields.Text; break;
                case 5: attributes.Add(ReadAttribute(fields.Bytes, depth)); break;
                case 7: domain = fields.Text; break;
            }
        }

        if (!OnnxOperators.AreBounded(domain, type))
            _unbounded.Add(domain.Length == 0 ? type : $"{domain}.{type}");
        if (type == "ConvTranspose" && attributes.Exists(attribute => OnnxOperators.AreEnlarging(attribute.Name, attribute.Integers)))
            _unbounded.Add($"a ConvTranspose that enlarges more than {OnnxOperators.MostEnlarged} times, or to a given size");
        if (type == "Pad")
            _paddings.Add(inputs.ElementAtOrDefault(1) ?? "");
    }

    private (string Name, List<long> Integers) ReadAttribute(ReadOnlySpan<byte> attribute, int depth)
    {
        var (name, integers) = ("", new List<long>());
        for (var fields = new ProtoFields(attribute); fields.Next();)
        {
            switch (fields.Number)
            {
                case 1: name = fields.Text; break;
                case 8: fields.AddIntegers(integers); break;
                case 5 or 10: ReadTensor(fields.Bytes); break;
                case 6 or 11: _unbounded.Add("graphs within the graph"); ReadGraph(fields.Bytes, depth + 1); break;
                case 22 or 23: ReadSparseTensor(fields.Bytes); break;
            }
        }

        if (name == "pads" && integers.Exists(pixels => pixels is < 0 or > MostPixelsPadded))
            _unbounded.Add($"pads above {MostPixelsPadded}");
        return (name, integers);
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
        var (isElsewhere, location, name, type) = (false, "", "", 0UL);
        ReadOnlySpan<byte> raw = default;
        for (var fields = new ProtoFields(tensor); fields.Next();)
        {
            switch (fields.Number)
            {
                case 2: type = fields.Value; break;
                case 8: name = fields.Text; break;
                case 9: raw = fields.Bytes; break;
                case 13 when ReadPair(fields.Bytes) is ("location", var path): location = path; break;
                case 14: isElsewhere = fields.Value == ExternalLocation; break;
            }
        }

        if (isElsewhere)
            _otherFiles.Add(location);
        // Two of one name: neither is known.
        if (type == Int64Type && raw.Length > 0 && raw.Length <= MaxRank * 2 * sizeof(long) && raw.Length % sizeof(long) == 0)
            _integers[name] = _integers.ContainsKey(name) ? [-1] : MemoryMarshal.Cast<byte, long>(raw).ToArray();
    }

    /// <summary>By how much padding of so many values before and behind each dimension multiplies a tensor.</summary>
    private static long TimesPadded(long[] sizes)
    {
        var (half, times) = (sizes.Length / 2, 1L);
        for (var i = 0; i < half && times <= MostTimesPadded; i++)
        {
            if (sizes[i] is < 0 or > MostTimesPadded || sizes[i + half] is < 0 or > MostTimesPadded)
                return long.MaxValue;
            times *= 1 + sizes[i] + sizes[i + half];
        }

        return sizes.Length % 2 == 0 ? times : long.MaxValue;
    }
}
