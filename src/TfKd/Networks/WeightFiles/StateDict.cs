namespace TfKd;

/// <summary>
/// Finds the state dict in what a program saved: itself, or a dictionary that holds it beside the optimiser's state and numbers, under any
/// name. A state dict is told by its content, tensors under names with dots; where no dictionary has such, tensors under names will do.
/// </summary>
internal static class StateDict
{
    // Programs nest two or three.
    private const int MaxDepth = 20;
    private const int MaxListed = 20;

    // Far above those of the largest networks.
    private const int MaxTensors = 100_000;

    /// <param name="root">The pickled object.</param>
    /// <param name="dictionary">The path of the dictionary to take, with / between names; null for the only one.</param>
    /// <exception cref="InvalidDataException">There is none, or more than one and no path.</exception>
    public static Dictionary<string, StoredTensor> Find(object? root, string? dictionary)
    {
        if (root is not PickleDictionary outer)
            throw PickleValue.Invalid("a dictionary of tensors", PickleValue.Describe(root));
        var found = new List<(string Path, Dictionary<string, StoredTensor> Tensors)>();
        Collect(outer, "", 0, [], found);
        if (dictionary is not null)
            return found.Find(candidate => candidate.Path == dictionary).Tensors
                ?? throw PickleValue.Invalid($"a dictionary of tensors at {PickleValue.Quote(dictionary)}",
                    found.Count == 0 ? "none at all" : $"some at {Paths(found)}");
        var dotted = found.Where(candidate => candidate.Tensors.Keys.Any(key => key.Contains('.', StringComparison.Ordinal))).ToList();
        var candidates = dotted.Count > 0 ? dotted : found;
        return candidates.Count switch
        {
            1 when candidates[0].Tensors.Count > MaxTensors => throw PickleValue.Invalid(
                FormattableString.Invariant($"{MaxTensors:N0} tensors at most"), FormattableString.Invariant(
                    $"{candidates[0].Tensors.Count:N0}")),
            1 => candidates[0].Tensors,
            0 => throw PickleValue.Invalid("a dictionary of tensors", $"{PickleValue.Describe(root)} without tensors under names"),
            _ => throw PickleValue.Invalid(
                "one dictionary of tensors, or the name of the one to take", $"{candidates.Count} at {Paths(candidates)}"),
        };
    }

    /// <summary>
    /// Each dictionary once, however often the file refers to it, and only under names: an optimiser numbers its parameters.
    /// </summary>
    private static void Collect(
        PickleDictionary dictionary, string path, int depth, HashSet<PickleDictionary> seen,
        List<(string Path, Dictionary<string, StoredTensor> Tensors)> found)
    {
        if (!seen.Add(dictionary))
            return;
        if (depth > MaxDepth)
            throw PickleValue.Invalid($"dictionaries within one another to a depth of {MaxDepth}", "more");
        var tensors = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary.Items)
            if (key is string name && value is StoredTensor tensor)
                tensors[name] = tensor;
        if (tensors.Count > 0)
            found.Add((path, tensors));
        foreach (var (key, value) in dictionary.Items)
            if (key is string name && value is PickleDictionary inner)
                Collect(inner, path.Length == 0 ? name : $"{path}/{name}", depth + 1, seen, found);
    }

    private static string Paths(List<(string Path, Dictionary<string, StoredTensor> Tensors)> candidates) =>
        string.Join(", ", candidates.Take(MaxListed).Select(candidate => PickleValue.Quote(candidate.Path)))
            + (candidates.Count > MaxListed ? ", ..." : "");
}
