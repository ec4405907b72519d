using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Finds how a tensor that no layer returned came about: functions that a module's forward called are tried on the values known so far, and
/// one is taken where its result is the tensor, number by number. <see cref="WideValues"/> and <see cref="TraceCheck"/> see to it that what
/// fits is what was called.
/// </summary>
/// <param name="values">The values of the pass.</param>
/// <param name="graph">Where functions are written.</param>
/// <param name="emitters">What writes them.</param>
/// <param name="refuted">What passes before found not to be so.</param>
internal sealed class FunctionalSearch(
    TracedValues values, OnnxGraph graph, IReadOnlyList<OnnxEmitter> emitters, RefutedGuesses refuted)
{
    private const int LatestOfOne = 24;
    // Two functions in one go, of which no tensor between them is left, are tried on the latest values only.
    private const int LatestOfTwo = 12;

    private readonly HashSet<Tensor> _hopeless = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Tensor> _replaced = new(ReferenceEqualityComparer.Instance);
    private readonly List<FunctionStep> _written = [];
    private bool _withProducts;
    private int _constantCount;
    private int _found;

    /// <summary>Whether anything had to be explained.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>The functions that are in the graph, in its order.</summary>
    public IReadOnlyList<FunctionStep> Written => _written;

    /// <summary>What products may read of layers beside what layers return.</summary>
    public IReadOnlyList<TracedValue> ParametersOfLeaves { get; set; } = [];

    /// <summary>Whether a function was found whose epsilon only small numbers show.</summary>
    public bool HidesEpsilons { get; private set; }

    /// <summary>Whether a function was found beside which an epsilon of the user's own may stand, that only small numbers show.</summary>
    public bool Divides { get; private set; }

    /// <summary>What a tensor is; null: nothing that is tried gives it.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="problem">What to say where something in it is not as it is taken to be.</param>
    public TracedValue? Explain(Tensor tensor, string problem)
    {
        IsUsed = true;
        if (Search(tensor) is { } found)
            return found;
        // With weights much is to be tried.
        _hopeless.Clear();
        _withProducts = true;
        try
        {
            return Search(tensor) ?? WithConstants(tensor, problem);
        }
        finally
        {
            _withProducts = false;
        }
    }

    /// <summary>Takes a tensor for a constant.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="problem">What to say where it turns out to be none.</param>
    public TracedValue Constant(Tensor tensor, string problem)
    {
        var name = $"constant{++_constantCount}";
        return values.AddConstant(tensor, problem, content => new(graph.Fixed(name, content), content.shape, ScalarType.Float32));
    }

    /// <summary>Leaves a tensor out that has another in its place.</summary>
    public void Ignore(Tensor tensor) => _replaced.Add(tensor);

    // Nearly always it is something of the last values; all others are tried when the tensors between them are understood.
    private TracedValue? Search(Tensor tensor)
    {
        if (Quick(tensor) is { } quick)
            return quick;
        while (ExplainPending(tensor))
        {
            if (Quick(tensor) is { } then)
                return then;
        }

        return OneStep(tensor, [.. Known(tensor)]);
    }

    // Tensors that a forward makes of nothing, such as positions.
    private TracedValue? WithConstants(Tensor tensor, string problem)
    {
        var pending = values.Pending(tensor).Where(made => values.Last(made) is null && !_replaced.Contains(made)).ToList();
        foreach (var made in pending)
            Constant(made, problem);
        return pending.Count > 0 ? Quick(tensor) : null;
    }

    private bool ExplainPending(Tensor reading)
    {
        foreach (var pending in values.Pending(reading))
        {
            if (_hopeless.Contains(pending) || _replaced.Contains(pending))
                continue;
            if (Quick(pending) is not null)
                return true;
            _hopeless.Add(pending);
        }

        return false;
    }

    private TracedValue? Quick(Tensor tensor) => OneStep(tensor, [.. Latest(tensor, LatestOfOne)]) ?? TwoSteps(tensor);

    private TracedValue? OneStep(Tensor tensor, List<TracedValue> known)
    {
        using var scope = NewDisposeScope();
        var result = TracedValue.Unknown(tensor);
        var all = values.All.Reverse().Concat(values.Constants);
        if (all.FirstOrDefault(value => TensorMatch.Same(value.Content, result.Content)) is { } same)
        {
            values.Set(tensor, same);
            return same;
        }

        // A norm with statistics and parameters is a line through two points, too, of which the graph would not know these.
        var norms = KeepsShape(tensor) ? null : new FunctionalNorms(result, values.Constants, refuted.EpsilonOf(_found));
        var products = KeepsShape(tensor) ? null : Products(result, withLeaves: true);
        foreach (var value in known)
        {
            if (norms?.Find(value) is { } norm)
                return Add(tensor, norm.Layer, norm.Inputs);
            if (products?.Find(value) is { } product)
                return Add(tensor, product.Layer, product.Inputs);
            if (Unary(value, result, _found, !KeepsShape(tensor)) is { } layer)
                return Add(tensor, layer, value);
        }

        return Pair(tensor, result, known)
            ?? (FunctionalJoins.Find([.. all], result.Content) is { } join ? Add(tensor, join.Layer, join.Parts) : null);
    }

    private TracedValue? TwoSteps(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var result = TracedValue.Unknown(tensor);
        // Of the many first steps, with few weights.
        var (latest, products) = (Latest(tensor, LatestOfTwo).ToList(), Products(result, withLeaves: false));
        foreach (var (layer, inputs) in FunctionalGuesses.FirstSteps(latest))
        {
            using var inner = NewDisposeScope();
            var between = FunctionalCall.Compute(layer, [.. inputs.Select(input => input.Content)]);
            if (KeepsShape(tensor) && !between.shape.SequenceEqual(tensor.shape))
                continue;
            var middle = TracedValue.Unknown(between);
            if (Unary(middle, result, _found + 1, !KeepsShape(tensor)) is { } second)
                return Add(tensor, second, Add(between, layer, inputs));
            if (inputs.Length == 1 && products?.Find(middle) is { } product)
                return Add(tensor, product.Layer, [Add(between, layer, inputs), .. product.Inputs[1..]]);
            foreach (var other in latest)
            {
                if (FunctionalPairs.Commuting(middle, other, result) is { } pair)
                    return Add(tensor, pair, Add(between, layer, inputs), other);
            }
        }

        return null;
    }

    private FunctionalProducts? Products(TracedValue result, bool withLeaves) =>
        !_withProducts ? null : new(result, [.. values.All.Where(IsFixed), .. values.Constants, .. withLeaves ? ParametersOfLeaves : []]);

    private static bool IsFixed(TracedValue value) => value.IsConstant || value.Call is { } call && call.Inputs.All(IsFixed);

    // What works in place does; of the others there are too many to try them on everything.
    private bool KeepsShape(Tensor tensor) => values.Last(tensor) is not null;

    // The latest first; pixels are no numbers to calculate with.
    private IEnumerable<TracedValue> Known(Tensor tensor) => values.All.Reverse().Where(value => value.Content.dtype == tensor.dtype);

    // Of a tensor that was changed in place, what it was before comes first.
    private IEnumerable<TracedValue> Latest(Tensor tensor, int count)
    {
        var latest = Known(tensor).Take(count);
        return values.Last(tensor) is { IsConstant: false } before ? latest.Prepend(before).Distinct() : latest;
    }

    private nn.Module<Tensor, Tensor>? Unary(TracedValue input, TracedValue result, int place, bool changesShape)
    {
        var passedOver = refuted.Bans.GetValueOrDefault(place);
        using var scope = NewDisposeScope();
        if (input.Content.shape.AsSpan().SequenceEqual(result.Content.shape))
        {
            foreach (var guess in FunctionalGuesses.Elementwise(input, result))
            {
                using var inner = NewDisposeScope();
                var layer = guess.Make();
                if (TensorMatch.Same(layer.forward(tensor(input.Sample.ToArray())), tensor(result.Sample.ToArray()))
                    && TensorMatch.Same(layer.forward(input.Content), result.Content) && passedOver-- <= 0)
                    return layer;
            }
        }

        foreach (var layer in changesShape ? FunctionalGuesses.Of(input.Content, result.Content) : [])
        {
            using var inner = NewDisposeScope();
            if (TensorMatch.Same(layer.forward(input.Content), result.Content) && passedOver-- <= 0)
                return layer;
        }

        return null;
    }

    private TracedValue? Pair(Tensor tensor, TracedValue result, List<TracedValue> known)
    {
        List<TracedValue> all = [.. known, .. values.Constants.Where(value => value.Content.dtype == tensor.dtype)];
        for (var i = 0; i < all.Count; i++)
        {
            for (var j = i; j < all.Count; j++)
            {
                var (newer, older) = (all[i], all[j]);
                if (FunctionalPairs.Fitting(newer, older, result) is { } layer)
                    return Add(tensor, layer, newer, older);
                if (FunctionalPairs.InOrder(older, newer, result) is { } other)
                    return Add(tensor, other, older, newer);
            }
        }

        return null;
    }

    private TracedValue Add(Tensor tensor, nn.Module layer, params TracedValue[] inputs)
    {
        var call = new FunctionalCall(layer, inputs, _found++);
        HidesEpsilons |= layer is FunctionalNorm { HidesEpsilon: true };
        Divides |= layer.GetName() is "Div" or "Reciprocal" or "Sqrt" or "Log";
        long[] shape = [.. tensor.shape];
        return values.Add(tensor, call, () => new(Write(call, shape), shape, ScalarType.Float32));
    }

    private string Write(FunctionalCall call, long[] shape)
    {
        var (layer, name) = (call.Layer, call.Layer.GetName());
        var leaf = new OnnxLeaf(graph, name, name, [.. call.Inputs.Select(input => input.Written)], shape);
        var value = emitters.First(emitter => emitter.Handles(layer)).Emit(layer, leaf);
        _written.Add(new(value, layer, [.. leaf.Inputs.Select(input => input.Name)]) { Shape = shape });
        return value;
    }
}
