namespace TfKd;

/// <summary>
/// The layers of an ONNX graph that have weights, in the order of execution, and where in the graph each is. What has no weights and reads
/// one thing (activations, poolings, reshapes) is passed through; sums, concatenations and products are junctions.
/// </summary>
internal sealed class OnnxLayers
{
    // The place of the network's input.
    private const int Input = 0;

    private static readonly HashSet<string> Symmetric = new(["Add", "Mul", "Max", "Min"], StringComparer.Ordinal);

    private readonly Func<OnnxTensor, bool> _isFixed;
    private readonly Dictionary<string, int> _places;
    private readonly Dictionary<string, OnnxTensor> _constants;
    private readonly Dictionary<string, int> _placeOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _computed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxLayer> _withoutBias = new(StringComparer.Ordinal);
    private readonly List<OnnxLayer> _layers = [];
    private readonly List<string> _problems = [];

    /// <param name="model">The graph.</param>
    /// <param name="places">Numbers of places: the same for all graphs that are to be compared.</param>
    /// <param name="isFixed">Whether a constant is none of the weights, such as the matrix of a pooling.</param>
    public OnnxLayers(OnnxModel model, Dictionary<string, int> places, Func<OnnxTensor, bool> isFixed)
    {
        (_places, _isFixed) = (places, isFixed);
        _constants = new(model.Constants, StringComparer.Ordinal);
        foreach (var node in model.Nodes)
            Visit(node);
    }

    /// <summary>The layers.</summary>
    public IReadOnlyList<OnnxLayer> Layers => _layers;

    /// <summary>What has weights that cannot be taken, each a line.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Whether a layer reads the network's input.</summary>
    public static bool IsFirst(OnnxLayer layer) => layer.Place == Input;

    private void Visit(OnnxNode node)
    {
        switch (node.Operation)
        {
            case "Constant" when node.Constant is { } constant:
                _constants[node.Outputs[0]] = constant;
                break;
            case "Identity" when node.Inputs is [var name] && _constants.TryGetValue(name, out var shared):
                _constants[node.Outputs[0]] = shared;
                break;
            case "Conv":
                AddConvolution(node);
                break;
            case "BatchNormalization":
                Add(node, OnnxLayerKind.BatchNorm, ["weight", "bias", "running_mean", "running_var"], new()
                {
                    Settings = FormattableString.Invariant($"epsilon {node.Numbers.GetValueOrDefault("epsilon", 1e-5f):G6}"),
                });
                break;
            case "Gemm":
                AddGemm(node);
                break;
            case "MatMul" when _constants.TryGetValue(node.Inputs[1], out var matrix) && !_isFixed(matrix):
                Add(node, OnnxLayerKind.Linear, ["weight"], new() { IsTransposed = true });
                break;
            default:
                Pass(node);
                break;
        }
    }

    private void AddConvolution(OnnxNode node)
    {
        var kernel = _constants.TryGetValue(node.Inputs[1], out var weight) ? weight.Shape.Skip(2).ToArray() : [];
        Add(node, OnnxLayerKind.Convolution, ["weight", "bias"], new()
        {
            Settings = kernel.Length == 2 ? OnnxConvolution.Settings(node, kernel) : "",
        });
    }

    private void AddGemm(OnnxNode node)
    {
        if (node.Numbers.GetValueOrDefault("alpha", 1) != 1 || node.Numbers.GetValueOrDefault("beta", 1) != 1
            || node.Integers.GetValueOrDefault("transA", [0])[0] != 0)
            _problems.Add($"Gemm '{node.Name}' scales or transposes what it reads, which no linear layer does");
        Add(node, OnnxLayerKind.Linear, ["weight", "bias"], new()
        {
            IsTransposed = node.Integers.GetValueOrDefault("transB", [0])[0] == 0,
        });
    }

    /// <param name="node">The node; its first input is what the layer is applied to.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="roles">Torch's names of its other inputs, in their order.</param>
    /// <param name="traits">What is to be said of the layer.</param>
    private void Add(OnnxNode node, OnnxLayerKind kind, string[] roles, Traits traits)
    {
        var weights = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
        foreach (var (role, name) in roles.Zip(node.Inputs.Skip(1)).Where(pair => pair.Second.Length > 0))
        {
            if (_constants.TryGetValue(name, out var tensor))
                weights[role] = tensor;
            else
                _problems.Add($"the {role} of {node.Operation} '{node.Name}' is not stored, but {Origin(name)}");
        }

        var shape = weights.TryGetValue("weight", out var weight) ? weight.Shape : [];
        if (traits.IsTransposed)
            shape = [.. shape.Reverse()];
        var layer = new OnnxLayer(kind, node.Name, shape, PlaceOf(node.Inputs[0]))
        {
            IsTransposed = traits.IsTransposed,
            Settings = traits.Settings,
        };
        foreach (var (role, tensor) in weights)
            layer.Weights.Add(role, tensor);
        _layers.Add(layer);
        if (node.Operation == "MatMul")
            _withoutBias[node.Outputs[0]] = layer;
        SetPlace(node, Number(layer.Signature));
    }

    private void Pass(OnnxNode node)
    {
        var values = node.Inputs.Where(name => name.Length > 0 && !_constants.ContainsKey(name) && !_computed.ContainsKey(name)).ToList();
        if (values.Count == 0 && node.Inputs.Count > 0 || node.Operation == "Constant")
        {
            foreach (var output in node.Outputs)
                _computed[output] = $"computed by {node.Operation} '{node.Name}'";
            return;
        }

        if (node.Operation == "Add" && values is [var sum] && _withoutBias.Remove(sum, out var layer) && TakeBias(node, layer))
        {
            SetPlace(node, PlaceOf(sum));
            return;
        }

        var places = values.Select(PlaceOf).Distinct().ToList();
        if (places is not [Input])
            RefuseConstants(node);
        var operation = node.Operation == "Sum" ? "Add" : node.Operation;
        var ordered = Symmetric.Contains(operation) ? places.Order() : places.AsEnumerable();
        SetPlace(node, places is [var only] ? only : Number($"{operation} {string.Join(' ', ordered)}"));
    }

    private bool TakeBias(OnnxNode node, OnnxLayer layer)
    {
        if (node.Inputs.Select(name => _constants.GetValueOrDefault(name)).FirstOrDefault(tensor => tensor is not null) is not { } bias
            || bias.Count != layer.Shape[0])
            return false;
        layer.Weights["bias"] = bias;
        return true;
    }

    // Of scales and shifts that an exporter made of batch norms, and of layers that no network of the library has.
    private void RefuseConstants(OnnxNode node)
    {
        foreach (var name in node.Inputs)
        {
            if (_constants.TryGetValue(name, out var tensor) && tensor is { Type: not null, Count: > 1 } && !_isFixed(tensor))
            {
                _problems.Add(
                    $"{node.Operation} '{node.Name}' has constants [{string.Join(',', tensor.Shape)}], which no convolution, batch norm " +
                    "or linear layer of the network takes");
            }
        }
    }

    private string Origin(string name) => _computed.GetValueOrDefault(name, "computed from the network's input");

    private int PlaceOf(string name) => _placeOf.GetValueOrDefault(name, Input);

    private void SetPlace(OnnxNode node, int place)
    {
        foreach (var output in node.Outputs)
            _placeOf[output] = place;
    }

    private int Number(string place)
    {
        if (!_places.TryGetValue(place, out var number))
            _places[place] = number = _places.Count + 1;
        return number;
    }

    private readonly record struct Traits(bool IsTransposed, string Settings)
    {
        public Traits()
            : this(false, "")
        {
        }
    }
}
