namespace TfKd.MLNet;

/// <summary>
/// The lines of a list, in which an image counts once, however its path is spelled: a copy would be tested on what it was trained on.
/// </summary>
/// <param name="list">The list's file.</param>
internal sealed class PhotoListRows(string list)
{
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(list))!;
    private readonly List<(string Path, string Label)> _files = [];
    private readonly Dictionary<string, (long Line, string Label)> _known = new(StringComparer.Ordinal);
    private long _firstCopy;
    private int _copies;

    /// <summary>The images, with their whole paths.</summary>
    public IReadOnlyList<(string Path, string Label)> Files => _files;

    /// <summary>What was left out; null: nothing.</summary>
    public string? Remark => _copies == 0
        ? null
        : $"{_copies} lines of '{list}' list a photo again, with the same label, and are left out; the first is line {_firstCopy}.";

    /// <summary>Takes a line.</summary>
    /// <param name="line">Its number.</param>
    /// <param name="path">Relative to the folder of the list.</param>
    /// <param name="label">Of the image.</param>
    /// <exception cref="InvalidDataException">There is no path, or the image had another label before.</exception>
    public void Add(long line, string path, string label)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
            throw new InvalidDataException(
                $"Line {line} of '{list}' has {(path.Length == 0 ? "no path" : "a null character in its path")}.");
        var whole = Path.GetFullPath(Path.Combine(_folder, path));
        if (_known.TryAdd(whole, (line, label)))
        {
            _files.Add((whole, label));
            return;
        }

        var before = _known[whole];
        if (before.Label != label)
            throw new InvalidDataException(
                $"Lines {before.Line} and {line} of '{list}' list one photo, '{whole}', as '{before.Label}' and as '{label}'; expected one "
                    + "line a photo, with all of its labels in the column labels where it has several.");
        if (_copies++ == 0)
            _firstCopy = line;
    }
}
