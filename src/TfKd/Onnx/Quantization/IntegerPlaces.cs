namespace TfKd;

/// <summary>Where a network's values become integers in its export, in terms of its leaves' calls; and which parameters do.</summary>
internal sealed class IntegerPlaces
{
    private readonly Dictionary<int, string> _results = [];
    private readonly Dictionary<int, Dictionary<int, string>> _reads = [];
    private readonly SortedSet<string> _weights = new(StringComparer.Ordinal);

    /// <param name="graph">The calls of leaves, and the functions between them.</param>
    /// <param name="plan">What of their operations is in integers.</param>
    /// <exception cref="NotSupportedException">What reads integers is no leaf's.</exception>
    public IntegerPlaces(TracedGraph graph, QuantizationPlan plan)
    {
        var calls = graph.Calls;
        var roots = new HashSet<string>(StringComparer.Ordinal);
        for (var place = 0; place < calls.Count; place++)
        {
            // A dropout behind has the same value: what it is made of is rounded.
            if (calls[place].Value is var value && plan.Roots.Contains(value) && IsRoundedForAll(plan, value) && roots.Add(value))
                _results[place] = value;
        }

        foreach (var operation in plan.Parts.Operations.Where(plan.IsInteger))
        {
            if (QuantizationPlan.HasWeights(operation))
                _weights.Add(ParameterOf(KeyOf(plan, operation)));
            foreach (var input in operation.Inputs.Where(plan.Values.Contains))
            {
                if (plan.RootOf(input) is var root && !IsRoundedForAll(plan, root) && PlaceOf(calls, plan, operation, input) is { } place)
                    AddRead(calls[place], place, input, root);
            }
        }

        AddReadsOfFunctions(graph, plan, roots);
    }

    /// <summary>The names of the parameters that are weights in integers, with a scale for each index of the first dimension.</summary>
    public IReadOnlyCollection<string> Weights => _weights;

    /// <summary>By whose range the result of a call is rounded for all who read it; null: it is not.</summary>
    public string? ResultOf(int place) => _results.GetValueOrDefault(place);

    /// <summary>By whose ranges a call rounds what it reads, by the number of its argument; null: it reads all as it is.</summary>
    public IReadOnlyDictionary<int, string>? ReadsOf(int place) => _reads.GetValueOrDefault(place);

    // What is computed in floating point is read as it is by what computes in floating point, and as integers by the others.
    private static bool IsRoundedForAll(QuantizationPlan plan, string root) => plan.ComesOfIntegers(root) || IsReadByIntegers(plan, root);

    // What only moves values may do so before they are rounded.
    private static bool IsReadByIntegers(QuantizationPlan plan, string value) => plan.Parts.Readers(value).All(reader =>
        plan.IsInteger(reader) || (QuantizationPlan.OnlyMoves(reader) && IsReadByIntegers(plan, reader.Output)));

    // What a function gives is rounded where layers read it, so that no function may read it but those that move values.
    private void AddReadsOfFunctions(TracedGraph graph, QuantizationPlan plan, HashSet<string> ofCalls)
    {
        var given = graph.Functions.Select(function => function.Value).Where(value => !ofCalls.Contains(value)
            && plan.Roots.Contains(value) && IsRoundedForAll(plan, value)).ToHashSet(StringComparer.Ordinal);
        foreach (var function in graph.Functions)
        {
            var moves = plan.Parts.Producer(function.Value) is { } operation && QuantizationPlan.OnlyMoves(operation);
            if (!moves && function.Inputs.FirstOrDefault(input => given.Contains(plan.RootOf(input))) is { } read)
                throw NoLayer(read);
        }

        for (var place = 0; place < graph.Calls.Count; place++)
        {
            foreach (var input in graph.Calls[place].Inputs.Where(input => given.Contains(plan.RootOf(input))))
                AddRead(graph.Calls[place], place, input, plan.RootOf(input));
        }
    }

    private void AddRead(LeafCall call, int place, string input, string root)
    {
        if (!_reads.TryGetValue(place, out var reads))
            _reads[place] = reads = [];
        for (var argument = 0; argument < call.Inputs.Count; argument++)
        {
            if (call.Inputs[argument] == input)
                reads[argument] = root;
        }
    }

    // Null for a function that only moves values: what reads its result rounds that.
    private static int? PlaceOf(IReadOnlyList<LeafCall> calls, QuantizationPlan plan, OnnxOperation operation, string input)
    {
        var key = QuantizationPlan.HasWeights(operation) ? KeyOf(plan, operation) : null;
        for (var place = 0; place < calls.Count; place++)
        {
            var call = calls[place];
            if (call.Inputs.Contains(input)
                && (key is null ? call.Value == operation.Output : key.StartsWith($"{call.Path}.", StringComparison.Ordinal)))
                return place;
        }

        return QuantizationPlan.OnlyMoves(operation)
            ? null
            : throw NoLayer(input);
    }

    private static NotSupportedException NoLayer(string input) => new(
        $"What reads '{input}' in integers is no layer, so that it cannot be trained with {nameof(FakeQuantization)}: put it into a module "
        + "of its own.");

    private static string KeyOf(QuantizationPlan plan, OnnxOperation layer) =>
        plan.Parts.Constant(layer.Inputs[1])!.Key ?? layer.Inputs[1];

    // As emitters name them: a matrix that is transposed, a third of a projection.
    private static string ParameterOf(string key)
    {
        key = key.EndsWith("_transposed", StringComparison.Ordinal) ? key[..^"_transposed".Length] : key;
        foreach (var part in new[] { "in_proj_q_weight", "in_proj_k_weight", "in_proj_v_weight" })
        {
            if (key.EndsWith(part, StringComparison.Ordinal))
                return $"{key[..^part.Length]}in_proj_weight";
        }

        return key;
    }
}
