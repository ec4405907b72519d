namespace TfKd;

/// <summary>The parts of a graph, found by the names of values.</summary>
internal sealed class OnnxParts
{
    private readonly Dictionary<string, OnnxConstant> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxOperation> _producers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<OnnxOperation>> _readers = new(StringComparer.Ordinal);
    private readonly List<OnnxOperation> _operations = [];

    public OnnxParts(IEnumerable<OnnxPart> parts)
    {
        foreach (var part in parts)
        {
            if (part is OnnxConstant constant)
                _constants[constant.Name] = constant;
            else if (part is OnnxOperation operation)
                Add(operation);
        }
    }

    /// <summary>All operations, in the order of execution.</summary>
    public IReadOnlyList<OnnxOperation> Operations => _operations;

    /// <summary>The constant of a name; null: a value of this name is computed, or there is none.</summary>
    public OnnxConstant? Constant(string name) => _constants.GetValueOrDefault(name);

    /// <summary>What computes a value; null for a constant and for the graph's input.</summary>
    public OnnxOperation? Producer(string name) => _producers.GetValueOrDefault(name);

    /// <summary>What reads a value, as often as it does.</summary>
    public IReadOnlyList<OnnxOperation> Readers(string name) => _readers.TryGetValue(name, out var readers) ? readers : [];

    /// <summary>The one operation that reads a value, once; null where there are more, or none.</summary>
    public OnnxOperation? OnlyReader(string name) => Readers(name) is [var reader] ? reader : null;

    /// <summary>A graph's parts without the constants that no operation reads.</summary>
    public static IEnumerable<OnnxPart> WithoutUnread(IReadOnlyList<OnnxPart> parts)
    {
        var read = parts.OfType<OnnxOperation>().SelectMany(operation => operation.Inputs).ToHashSet(StringComparer.Ordinal);
        return parts.Where(part => part is not OnnxConstant constant || read.Contains(constant.Name));
    }

    private void Add(OnnxOperation operation)
    {
        _operations.Add(operation);
        _producers[operation.Output] = operation;
        foreach (var input in operation.Inputs)
        {
            if (!_readers.TryGetValue(input, out var readers))
                _readers[input] = readers = [];
            readers.Add(operation);
        }
    }
}
