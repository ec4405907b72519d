using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Computes what functions between layers give, which hooks do not see, as the values that they read come to be known in a pass.
/// </summary>
internal sealed class FunctionReplay : IDisposable
{
    private readonly IReadOnlyList<FunctionStep> _functions;
    private readonly Action<int, Tensor> _found;
    private readonly ILookup<string, int> _readers;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _left = new(StringComparer.Ordinal);

    /// <param name="functions">All functions, in an order in which they can be computed.</param>
    /// <param name="wanted">Those that are asked for, by their places.</param>
    /// <param name="found">Is told of each of these, with what it gives.</param>
    public FunctionReplay(IReadOnlyList<FunctionStep> functions, IReadOnlySet<int> wanted, Action<int, Tensor> found)
    {
        (_functions, _found) = (functions, (place, value) => { if (wanted.Contains(place)) found(place, value); });
        var needed = new HashSet<string>(wanted.Select(place => functions[place].Value), StringComparer.Ordinal);
        var computed = new List<(string Input, int Place)>();
        for (var place = functions.Count - 1; place >= 0; place--)
        {
            if (!needed.Contains(functions[place].Value))
                continue;
            needed.UnionWith(functions[place].Inputs);
            computed.AddRange(functions[place].Inputs.Distinct().Select(input => (input, place)));
        }

        _readers = computed.ToLookup(entry => entry.Input, entry => entry.Place, StringComparer.Ordinal);
    }

    /// <summary>The functions that can be computed of the results of layers alone, without parameters, by their places.</summary>
    public static IEnumerable<int> Computable(IReadOnlyList<FunctionStep> functions, IEnumerable<LeafCall> calls)
    {
        var known = calls.Select(call => call.Value).ToHashSet(StringComparer.Ordinal);
        for (var place = 0; place < functions.Count; place++)
        {
            if (!functions[place].Inputs.All(known.Contains))
                continue;
            known.Add(functions[place].Value);
            yield return place;
        }
    }

    /// <summary>Before each pass.</summary>
    public void Begin()
    {
        Dispose();
        _seen.Clear();
        foreach (var readers in _readers)
            _left[readers.Key] = readers.Count();
    }

    /// <summary>Whether a value is known in this pass.</summary>
    public bool Knows(string name) => _seen.Contains(name);

    /// <summary>Takes note of a value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">What it holds now.</param>
    public void Add(string name, Tensor value)
    {
        if (!_seen.Add(name) || !_readers.Contains(name))
            return;
        // A function in place may change it before all have read it.
        using var plain = value.detach();
        _kept[name] = plain.clone().DetachFromDisposeScope();
        foreach (var place in _readers[name].Where(place => _functions[place].Inputs.All(_kept.ContainsKey)).ToList())
            Compute(place);
    }

    public void Dispose()
    {
        foreach (var tensor in _kept.Values)
            tensor.Dispose();
        _kept.Clear();
    }

    private void Compute(int place)
    {
        var function = _functions[place];
        using var scope = NewDisposeScope();
        var value = FunctionalCall.Compute(function.Layer, [.. function.Inputs.Select(input => _kept[input])]);
        if (!_seen.Contains(function.Value))
            _found(place, value);
        foreach (var input in function.Inputs.Distinct().Where(input => --_left[input] == 0))
        {
            _kept.Remove(input, out var read);
            read!.Dispose();
        }

        Add(function.Value, value);
    }
}
