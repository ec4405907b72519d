namespace TfKd;

/// <summary>
/// What of a graph is computed in integers: convolutions and linear layers; sums, poolings, concatenations and changes of shape between
/// them, where all that they read are integers anyhow. All else stays in floating point, and reads and writes it.
/// </summary>
/// <remarks>
/// Which these are follows what ONNX Runtime fuses: a convolution whose result is quantised, and a rectifier in between, whose clamp is
/// that of the integers; a sum of two quantised values whose result is; poolings; and what only moves values, on the same grid.
/// </remarks>
internal sealed class QuantizationPlan
{
    // A product with a smaller matrix is none of a layer (a pooling of windows that overlap is one), or not worth it.
    private const int SmallestSide = 16;

    private readonly OnnxParts _parts;
    private readonly Func<string, bool> _hasRange;
    private readonly HashSet<OnnxOperation> _integer = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _values = new(StringComparer.Ordinal);

    /// <param name="graph">Closed or not, with batch norms folded.</param>
    /// <param name="hasRange">Whether the range of a value is known.</param>
    /// <param name="floatLayers">Which layers stay as they are.</param>
    /// <exception cref="NotSupportedException">Nothing of the graph can be computed in integers.</exception>
    public QuantizationPlan(OnnxGraph graph, Func<string, bool> hasRange, FloatLayers floatLayers)
    {
        (_parts, _hasRange) = (new OnnxParts(graph.Parts), hasRange);
        var layers = _parts.Operations.Where(IsLayer).ToList();
        var chosen = layers.Where((layer, place) => !(place == 0 && floatLayers.HasFlag(FloatLayers.First))
            && !(place == layers.Count - 1 && floatLayers.HasFlag(FloatLayers.Last))).ToList();
        if (chosen.Count == 0)
            throw new NotSupportedException(
                "The network has no layer that can be computed in integers: expected convolutions or linear layers, "
                + $"found {layers.Count}.");
        foreach (var layer in chosen)
        {
            _integer.Add(layer);
            _values.Add(layer.Inputs[0]);
        }

        foreach (var operation in _parts.Operations)
            Spread(operation);
        foreach (var operation in _parts.Operations.Reverse())
            Prune(operation);
        Roots = _values.Select(RootOf).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The parts of the graph.</summary>
    public OnnxParts Parts => _parts;

    /// <summary>The values that are quantised.</summary>
    public IReadOnlySet<string> Values => _values;

    /// <summary>The values whose ranges give the grids of all that are quantised.</summary>
    public IReadOnlySet<string> Roots { get; }

    /// <summary>Whether an operation is computed in integers.</summary>
    public bool IsInteger(OnnxOperation operation) => _integer.Contains(operation);

    /// <summary>Whether an operation with weights that is computed in integers has them.</summary>
    public static bool HasWeights(OnnxOperation operation) => operation.Type is "Conv" or "Gemm" or "MatMul";

    /// <summary>Whether a rectifier is gone into the integers of the operation before it.</summary>
    public bool IsFolded(OnnxOperation operation) => _parts.Producer(operation.Inputs.Count > 0 ? operation.Inputs[0] : "") is { } before
        && IsInteger(before) && ClampBehind(before) == operation && _values.Contains(operation.Output);

    /// <summary>The name of what an operation returns, with the rectifier that is folded into it.</summary>
    public string OutputOf(OnnxOperation operation) =>
        ClampBehind(operation) is { } clamp && _values.Contains(clamp.Output) ? clamp.Output : operation.Output;

    /// <summary>Whether a value comes out of integers: all that reads it then reads these.</summary>
    public bool ComesOfIntegers(string value) => _parts.Producer(value) is { } producer && (IsInteger(producer) || IsFolded(producer));

    /// <summary>
    /// The value that has the same grid, since all between only moves values or chooses among them: the first of these whose range is
    /// known.
    /// </summary>
    public string RootOf(string value)
    {
        var root = value;
        while (_parts.Producer(value) is { } mover && OnlyMoves(mover))
        {
            value = mover.Inputs[0];
            if (_hasRange(value))
                root = value;
        }

        return root;
    }

    /// <summary>Whether an operation moves values, or chooses among them; 0, which any range has, may come beside them.</summary>
    public static bool OnlyMoves(OnnxOperation operation) => operation.Type is "MaxPool" or "Reshape" or "Transpose" or "Flatten" or "Slice"
        || operation is { Type: "Pad", Inputs.Count: 2 };

    private bool IsLayer(OnnxOperation operation) => HasWeights(operation)
        && _parts.Constant(operation.Inputs[1]) is { DataType: OnnxDataType.Float32 } weights
        && _parts.Constant(operation.Inputs[0]) is null && CanHold(operation.Inputs[0])
        && operation.Type switch
        {
            "Conv" => CanHold(ClampBehind(operation)?.Output ?? operation.Output),
            "Gemm" => operation.Integer("transB", 0) == 1 && operation.Number("alpha", 1) == 1 && operation.Number("beta", 1) == 1,
            // The matrix of an interpolation or of a pooling is none of a layer.
            _ => weights is { Key: not null, Shape: [>= SmallestSide, >= SmallestSide] },
        };

    private bool CanHold(string value) => _hasRange(RootOf(value));

    private void Spread(OnnxOperation operation)
    {
        switch (operation.Type)
        {
            case "Conv" when IsInteger(operation):
                _values.Add(ClampBehind(operation)?.Output ?? operation.Output);
                break;
            case "Add" or "Concat" or "AveragePool" or "GlobalAveragePool" when operation.Inputs.All(_values.Contains):
                AddInteger(operation, ClampBehind(operation)?.Output ?? operation.Output);
                break;
            case var _ when OnlyMoves(operation) && _values.Contains(operation.Inputs[0]):
                AddInteger(operation, operation.Output);
                break;
        }
    }

    private void AddInteger(OnnxOperation operation, string output)
    {
        if (!CanHold(output))
            return;
        _integer.Add(operation);
        _values.Add(output);
    }

    // Nothing is won by integers that are read as floating point at once, but where they come of a product or a sum.
    private void Prune(OnnxOperation operation)
    {
        if (!IsInteger(operation) || HasWeights(operation) || operation.Type == "Add" || _parts.Readers(operation.Output).Any(IsInteger))
            return;
        _integer.Remove(operation);
        _values.Remove(operation.Output);
    }

    // A rectifier that alone reads what a product or a sum returns: the range of its result begins at 0, where integers are cut off.
    private OnnxOperation? ClampBehind(OnnxOperation operation) =>
        operation.Type is "Conv" or "Gemm" or "Add" && _parts.OnlyReader(operation.Output) is { } reader && IsClamp(reader) ? reader : null;

    private bool IsClamp(OnnxOperation operation) => operation.Type == "Relu"
        || (operation.Type == "Clip" && operation.Inputs.Count > 1 && _parts.Constant(operation.Inputs[1]) is { } low
            && low.Floats is [0]);
}
