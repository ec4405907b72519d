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

    // What the functions that make tensors are called; those of other kinds (quantised, sparse) are not read.
    private const string TensorMaker = "torch._utils._rebuild";

    /// <param name="root">The pickled object.</param>
    /// <param name="dictionary">
    /// The path of the dictionary to take, with / between names, or that of one and behind a / how the keys to take begin; null for the
    /// only one.
    /// </param>
    /// <exception cref="InvalidDataException">There is none, or more than one and no path.</exception>
    public static Dictionary<string, StoredTensor> Find(object? root, string? dictionary)
    {
        if (root is PickleForeign)
            throw new InvalidDataException(
                $"expected a dictionary of tensors, found {PickleValue.Describe(root)}, which takes a program to read; save what its "
                    + "state_dict() returns.");
        if (root is not PickleDictionary outer)
            throw PickleValue.Invalid("a dictionary of tensors", PickleValue.Describe(root));
        var found = new List<(string Path, Dictionary<string, StoredTensor> Tensors)>();
        Collect(outer, "", 0, [], found);
        var tensors = dictionary is null ? Only(outer, found) : Named(dictionary, found);
        return tensors.Count <= MaxTensors
            ? tensors
            : throw PickleValue.Invalid(
                FormattableString.Invariant($"{MaxTensors:N0} tensors at most"), FormattableString.Invariant($"{tensors.Count:N0}"));
    }

    /// <summary>The entries whose keys begin with a name and a dot, without these; null where there are none.</summary>
    public static Dictionary<string, T>? Under<T>(string name, Dictionary<string, T> entries)
    {
        var chosen = entries.Where(entry => entry.Key.StartsWith($"{name}.", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[(name.Length + 1)..], entry => entry.Value, StringComparer.Ordinal);
        return chosen.Count > 0 ? chosen : null;
    }

    private static Dictionary<string, StoredTensor> Named(
        string dictionary, List<(string Path, Dictionary<string, StoredTensor> Tensors)> found)
    {
        var cut = dictionary.LastIndexOf('/');
        var outer = found.Find(candidate => candidate.Path == dictionary[..Math.Max(cut, 0)]).Tensors;
        return found.Find(candidate => candidate.Path == dictionary).Tensors
            ?? (outer is null ? null : Under(dictionary[(cut + 1)..], outer))
            ?? throw PickleValue.Invalid(
                $"a dictionary of tensors at {PickleValue.Quote(dictionary)}",
                found.Count == 0 ? "none at all" : $"some at {Paths(found)}");
    }

    private static Dictionary<string, StoredTensor> Only(
        PickleDictionary root, List<(string Path, Dictionary<string, StoredTensor> Tensors)> found)
    {
        var dotted = found.Where(candidate => candidate.Tensors.Keys.Any(key => key.Contains('.', StringComparison.Ordinal))).ToList();
        var candidates = dotted.Count > 0 ? dotted : found;
        return candidates.Count switch
        {
            1 => candidates[0].Tensors,
            0 => throw PickleValue.Invalid(
                "a dictionary of tensors", $"{PickleValue.Describe(root)} without tensors under names{Objects(root)}"),
            _ => throw PickleValue.Invalid(
                "one dictionary of tensors, or the name of the one to take (Dictionary, or WeightsDictionary of a trainer's options)",
                $"{candidates.Count} at {Paths(candidates)}"),
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
            else if (value is PickleForeign { Type: var maker } && maker.StartsWith(TensorMaker, StringComparison.Ordinal))
                throw PickleValue.Invalid(
                    $"a dense tensor of plain numbers as {PickleValue.Describe(key)}", $"one that {PickleValue.Quote(maker)} makes");
        if (tensors.Count > 0)
            found.Add((path, tensors));
        foreach (var (key, value) in dictionary.Items)
            if (key is string name && value is PickleDictionary inner)
                Collect(inner, path.Length == 0 ? name : $"{path}/{name}", depth + 1, seen, found);
    }

    // A module that was saved whole, say.
    private static string Objects(PickleDictionary root) => root.Items.Any(item => item.Value is PickleForeign)
        ? "; objects that take a program to read are at " + string.Join(", ", root.Items.Where(item => item.Value is PickleForeign)
            .Take(MaxListed).Select(item => $"{PickleValue.Describe(item.Key)} ({((PickleForeign)item.Value!).Type})"))
        : "";

    private static string Paths(List<(string Path, Dictionary<string, StoredTensor> Tensors)> candidates) =>
        string.Join(", ", candidates.Take(MaxListed).Select(candidate => PickleValue.Quote(candidate.Path)))
            + (candidates.Count > MaxListed ? ", ..." : "");
}
