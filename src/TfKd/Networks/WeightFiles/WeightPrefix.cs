using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Finds a network among weights that have it under a name, as training wrappers and programs save it: <c>module.</c>,
/// <c>_orig_mod.</c>, <c>model.</c>.
/// </summary>
internal static class WeightPrefix
{
    /// <summary>
    /// Where all of the network but its head is there under one prefix, and not without any, what is under it; what lies beside is of other
    /// modules, such as a loss or a counter of averaged steps. Where no prefix has all of it, the one that has most, if it has half, so
    /// that few differences are left. A step counter may be absent.
    /// </summary>
    /// <exception cref="InvalidDataException">Several prefixes have the network, and neither fits better than the other.</exception>
    public static Dictionary<string, Tensor> Remove(
        ImageNetwork network, Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> weights, string source)
    {
        var head = NetworkHead.TryFind(network)?.Keys().ToHashSet(StringComparer.Ordinal) ?? [];
        var body = state.Keys.Where(key => !head.Contains(key) && !WeightKeys.IsCounter(key)).ToHashSet(StringComparer.Ordinal);
        if (body.Count == 0)
            body = [.. state.Keys];
        if (body.All(weights.ContainsKey))
            return new(weights, StringComparer.Ordinal);

        var prefixes = weights.Keys.SelectMany(Prefixes).Distinct(StringComparer.Ordinal)
            .Select(prefix => (Text: prefix, Count: Under(prefix).Distinct(StringComparer.Ordinal).Count(body.Contains)))
            .OrderByDescending(prefix => prefix.Count).ThenBy(prefix => prefix.Text.Length).ToList();
        var whole = prefixes.TakeWhile(prefix => prefix.Count == body.Count).Select(prefix => prefix.Text).ToList();
        var chosen = whole.Count > 0 ? Single(network, state, weights, whole, source)
            : prefixes.Count > 0 && prefixes[0].Count * 2 >= body.Count ? prefixes[0].Text
            : "";
        return weights.Where(entry => entry.Key.StartsWith(chosen, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[chosen.Length..], entry => entry.Value, StringComparer.Ordinal);

        IEnumerable<string> Under(string prefix) => weights.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => network.Architecture.TranslateWeightKey(key[prefix.Length..])).OfType<string>();
    }

    /// <summary>A larger network may have all keys of a smaller one: a student and its teacher, saved together.</summary>
    private static string Single(
        ImageNetwork network, Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> weights, List<string> prefixes,
        string source)
    {
        if (prefixes is ["", ..] or [_])
            return prefixes[0];
        var best = prefixes.GroupBy(CountStrangers).MinBy(group => group.Key)!.ToList();
        return best is [var only]
            ? only
            : throw new InvalidDataException(
                $"{source} has the network under {string.Join(" and ", best.Select(prefix => $"'{prefix}'"))}; expected it once, or the "
                    + "name of the one to take behind that of the dictionary (Dictionary, or WeightsDictionary of a trainer's options).");

        int CountStrangers(string prefix) => weights.Count(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)
            && network.Architecture.TranslateWeightKey(entry.Key[prefix.Length..]) is { } key
            && !(state.TryGetValue(key, out var own) && own.shape.AsSpan().SequenceEqual(entry.Value.shape)));
    }

    /// <summary>The empty one, and all that end with a dot.</summary>
    private static IEnumerable<string> Prefixes(string key)
    {
        yield return "";
        for (var dot = key.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = key.IndexOf('.', dot + 1))
            yield return key[..(dot + 1)];
    }
}
