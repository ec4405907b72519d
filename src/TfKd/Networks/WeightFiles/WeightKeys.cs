using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Brings the keys of weights to those of a network: without the prefix under which the network is there, with the network's own keys for
/// those of other times, and with its name of the head. Whatever fits no rule keeps its key, so that it is listed as a difference.
/// </summary>
internal static class WeightKeys
{
    // Batch norm's step counter. Weights from before PyTorch 0.4.1 have none, and evaluation does not read it.
    private const string CounterName = "num_batches_tracked";

    /// <summary>Whether a key is of a counter of steps, which may be absent.</summary>
    public static bool IsCounter(string key) => key.EndsWith(CounterName, StringComparison.Ordinal);

    /// <summary>The same tensors under the network's keys.</summary>
    public static Dictionary<string, Tensor> Match(
        ImageNetwork network, Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> weights, string source)
    {
        var named = Translated(network, state, WeightPrefix.Remove(network, state, weights, source));
        if (NetworkHead.TryFind(network) is { } head && ForeignHead(head, state, named) is { } foreign
            && foreign.All(pair => state[pair.Own].shape.AsSpan().SequenceEqual(named[pair.Foreign].shape)))
            foreach (var (own, other) in foreign)
                if (named.Remove(other, out var tensor))
                    named.Add(own, tensor);
        return named;
    }

    /// <summary>The same without the head, whatever it is called and however many classes it has.</summary>
    public static Dictionary<string, Tensor> MatchBackbone(
        ImageNetwork network, NetworkHead head, Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> weights,
        string source)
    {
        var named = Translated(network, state, WeightPrefix.Remove(network, state, weights, source));
        if (ForeignHead(head, state, named) is { } foreign
            && foreign.All(pair => SameButClasses(state[pair.Own].shape, named[pair.Foreign].shape)))
            foreach (var (_, other) in foreign)
                named.Remove(other);
        foreach (var key in head.Keys())
            named.Remove(key);
        return named;

        static bool SameButClasses(long[] own, long[] other) => own.Length == other.Length && own.AsSpan(1).SequenceEqual(other.AsSpan(1));
    }

    private static Dictionary<string, Tensor> Translated(
        ImageNetwork network, Dictionary<string, Tensor> state, Dictionary<string, Tensor> named)
    {
        foreach (var key in named.Keys.Where(key => !state.ContainsKey(key)).ToList())
        {
            // One that is taken keeps its key, and is listed as unexpected.
            var own = network.Architecture.TranslateWeightKey(key);
            if (own is null || own != key && named.TryAdd(own, named[key]))
                named.Remove(key);
        }

        return named;
    }

    /// <summary>
    /// The head under a name of its own: none of the head's keys is among the weights, and what the network does not know is one module
    /// with the same parameters. Null where that is not so.
    /// </summary>
    private static List<(string Own, string Foreign)>? ForeignHead(
        NetworkHead head, Dictionary<string, Tensor> state, Dictionary<string, Tensor> named)
    {
        var own = head.Keys().Order(StringComparer.Ordinal).ToList();
        var unknown = named.Keys.Where(key => !state.ContainsKey(key)).Order(StringComparer.Ordinal).ToList();
        if (own.Any(named.ContainsKey)
            || own.Count != unknown.Count || unknown.Select(ModuleOf).Distinct(StringComparer.Ordinal).Count() != 1)
            return null;
        var pairs = own.Zip(unknown).ToList();
        return pairs.All(pair => LeafOf(pair.First) == LeafOf(pair.Second)) ? pairs : null;
    }

    private static string ModuleOf(string key) => key[..(key.LastIndexOf('.') + 1)];

    private static string LeafOf(string key) => key[(key.LastIndexOf('.') + 1)..];
}
