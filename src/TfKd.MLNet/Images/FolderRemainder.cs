namespace TfKd.MLNet;

/// <summary>What a folder has that is not among the rows, counted while it is listed.</summary>
internal sealed class FolderRemainder
{
    private const int NamesShown = 5;

    private readonly SortedDictionary<string, int> _others = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _outside = new(StringComparer.Ordinal);
    private readonly List<string> _emptyClasses = [];

    /// <summary>A file that is no image by its name.</summary>
    public void AddOther(string path) => Count(_others, $"*{Path.GetExtension(path).ToLowerInvariant()}");

    /// <summary>An image that lies where no class has its images.</summary>
    public void AddOutside(string path) => Count(_outside, $"'{Path.GetDirectoryName(path)}'");

    /// <summary>A class that no row is of.</summary>
    public void AddEmptyClass(string name) => _emptyClasses.Add($"'{name}'");

    /// <summary>All of it as sentences; null: there is nothing.</summary>
    public string? Describe(string folder)
    {
        var sentences = new List<string>();
        if (_others.Count > 0)
            sentences.Add($"{_others.Values.Sum()} files are no images by their names ({Counts(_others)}).");
        if (_outside.Count > 0)
        {
            sentences.Add(
                $"{_outside.Values.Sum()} images are not directly in a sub-folder of '{folder}', and have no label ({Counts(_outside)}).");
        }

        if (_emptyClasses.Count > 0)
            sentences.Add($"{_emptyClasses.Count} sub-folders have no image: {Shown(_emptyClasses)}.");
        return sentences.Count == 0 ? null : $"Not all of '{folder}' was taken. {string.Join(' ', sentences)}";
    }

    private static void Count(SortedDictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static string Counts(SortedDictionary<string, int> counts) => Shown([.. counts.Select(entry => $"{entry.Key}: {entry.Value}")]);

    private static string Shown(List<string> names) =>
        string.Join(", ", names.Take(NamesShown)) + (names.Count > NamesShown ? $" and {names.Count - NamesShown} more" : "");
}
