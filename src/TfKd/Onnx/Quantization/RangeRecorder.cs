using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Looks at what leaves return and functions between them give: how often a value is where.</summary>
internal sealed class RangeRecorder : ILeafVisitor, IDisposable
{
    private readonly TracedGraph _graph;
    private readonly IReadOnlySet<int> _wanted;
    private readonly FunctionReplay _replay;
    private readonly Dictionary<string, int> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<int, ValueHistogram> _values = [];
    private readonly List<string> _paths = [];

    /// <param name="graph">The calls of leaves, and the functions between them.</param>
    /// <param name="wanted">Which values to look at, by their places.</param>
    public RangeRecorder(TracedGraph graph, IReadOnlySet<int> wanted)
    {
        (_graph, _wanted) = (graph, wanted);
        var functions = wanted.Where(place => place >= graph.Calls.Count).Select(place => place - graph.Calls.Count).ToHashSet();
        _replay = new FunctionReplay(
            graph.Functions, functions, (place, value) => Look(graph.Calls.Count + place, value, graph.Functions[place].Value));
        for (var place = 0; place < graph.Functions.Count; place++)
            _functions[graph.Functions[place].Value] = place;
    }

    /// <summary>The paths of the leaves that were called since <see cref="Begin"/>.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>Before each pass of a batch through the network.</summary>
    public void Begin()
    {
        _paths.Clear();
        _replay.Begin();
    }

    /// <summary>The range of each value that was looked at.</summary>
    public IReadOnlyDictionary<int, ActivationRange> ChooseRanges() =>
        _values.ToDictionary(entry => entry.Key, entry => entry.Value.Choose());

    // What is computed with parameters is seen where a layer reads it.
    Tensor[] ILeafVisitor.Enter(LeafModule leaf, params Tensor[] inputs)
    {
        if (CallOf(_paths.Count, leaf) is not { } call)
            return inputs;
        foreach (var (name, input) in call.Inputs.Zip(inputs))
        {
            if (!_functions.TryGetValue(name, out var function) || _replay.Knows(name))
                continue;
            Look(_graph.Calls.Count + function, input, name);
            _replay.Add(name, input);
        }

        return inputs;
    }

    Tensor ILeafVisitor.Leave(LeafModule leaf, Tensor output)
    {
        var place = _paths.Count;
        _paths.Add(leaf.Path);
        Look(place, output, leaf.Path);
        if (CallOf(place, leaf) is { } call)
            _replay.Add(call.Value, output);
        return output;
    }

    public void Dispose() => _replay.Dispose();

    // Null where the network calls other layers than it did; the paths show it.
    private LeafCall? CallOf(int place, LeafModule leaf) =>
        place < _graph.Calls.Count && _graph.Calls[place] is var call && call.Path == leaf.Path ? call : null;

    private void Look(int place, Tensor output, string path)
    {
        if (!_wanted.Contains(place))
            return;
        using var scope = NewDisposeScope();
        var values = output.detach().to(ScalarType.Float32);
        var (low, high) = (values.min().item<float>(), values.max().item<float>());
        if (!float.IsFinite(low) || !float.IsFinite(high))
        {
            throw new ArithmeticException(
                $"The output of '{path}' is not finite for a calibration image: it reaches from {low} to {high}.");
        }

        if (!_values.TryGetValue(place, out var histogram))
            _values[place] = histogram = new();
        histogram.Add(values, low, high);
    }
}
