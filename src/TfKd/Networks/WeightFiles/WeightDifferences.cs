using static TorchSharp.torch;

namespace TfKd;

/// <summary>What keeps weights from fitting a network: first its kind, then tensor by tensor.</summary>
internal static class WeightDifferences
{
    // Two networks that have nothing in common differ in hundreds of lines, which say no more than the first of them.
    private const int MaxListed = 20;

    /// <summary>A line that says what kind of difference it is, and below it the differences; null where there are none.</summary>
    /// <param name="head">The network's head, where it is to be loaded.</param>
    /// <param name="state">The network's tensors.</param>
    /// <param name="weights">What is to be copied into them.</param>
    public static string? Describe(NetworkHead? head, Dictionary<string, Tensor> state, Dictionary<string, Tensor> weights)
    {
        var missing = Sorted(state.Keys.Where(key => !WeightKeys.IsCounter(key) && !weights.ContainsKey(key)));
        var different = Sorted(state.Keys.Where(key => weights.TryGetValue(key, out var value) && !IsAlike(state[key], value)));
        var unexpected = Sorted(weights.Keys.Where(key => !state.ContainsKey(key)));
        if (missing.Count + different.Count + unexpected.Count == 0)
            return null;
        List<string> lines =
        [
            .. Sorted(missing.Concat(different)).Select(key => weights.TryGetValue(key, out var value)
                ? $"different: {key}: expected {Text(state[key])}, found {Text(value)}"
                : $"missing: {key} {Text(state[key])}"),
            .. unexpected.Select(key => $"unexpected: {key} {Text(weights[key])}"),
        ];
        var needed = state.Keys.Count(key => !WeightKeys.IsCounter(key));
        var kind = OfHead(head, state, weights, [.. missing, .. different], unexpected)
            ?? Kind(needed, missing.Count, different.Count, unexpected.Count);
        var rest = lines.Count > MaxListed ? $"\n... and {lines.Count - MaxListed} more" : "";
        return $"{kind}:\n{string.Join('\n', lines.Take(MaxListed))}{rest}";
    }

    private static string? OfHead(
        NetworkHead? head, Dictionary<string, Tensor> state, Dictionary<string, Tensor> weights, IReadOnlyList<string> lacking,
        List<string> unexpected)
    {
        var keys = head?.Keys() ?? [];
        if (lacking.Count == 0 || !lacking.All(keys.Contains))
            return null;
        var found = keys.Where(weights.ContainsKey).Concat(unexpected).Select(key => weights[key]).FirstOrDefault(value => value.dim() > 1);
        var classes = state[keys[0]].shape[0];
        return found is null && unexpected.Count == 0 ? $"all is there but the head '{head!.Path}'"
            : found is null || found.shape[0] == classes ? $"all fits but the head '{head!.Path}'"
            : $"all fits but the head, which is for {found.shape[0]} classes, not {classes}";
    }

    private static string Kind(int needed, int missing, int different, int unexpected)
    {
        var kind =
            missing * 2 > needed && unexpected > 0 ? "; these are weights of another network, or under other names"
            : missing + unexpected == 0 ? "; these are weights of a network of another width, or of other images"
            : missing == 0 && different == 0 ? "; these are weights of a larger network"
            : unexpected == 0 && different == 0 ? "; these are weights of a smaller network"
            : "";
        return $"of {needed} tensors {missing} are missing and {different} different, and {unexpected} are unexpected{kind}";
    }

    private static List<string> Sorted(IEnumerable<string> keys) => [.. keys.Order(StringComparer.Ordinal)];

    private static bool IsAlike(Tensor expected, Tensor found) =>
        expected.shape.AsSpan().SequenceEqual(found.shape) && expected.is_floating_point() == found.is_floating_point();

    private static string Text(Tensor tensor) => $"{tensor.dtype} {Require.ShapeText(tensor)}";
}
