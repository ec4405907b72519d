namespace TfKd;

/// <summary>
/// What rows are called on a page: by the name of their file, with its folder in front where the rows are of several, and never with the
/// whole path, which says more of a machine than of an image.
/// </summary>
internal sealed class RowNames
{
    /// <summary>No name on a page is longer; that of a file is cut in its middle.</summary>
    public const int MaxLength = 80;

    private static readonly char[] _separators = ['/', '\\'];

    private readonly SampleExtras? _extras;
    private readonly bool _areOfFolders;

    public RowNames(IImageSource rows)
    {
        _extras = rows.Extras;
        if (_extras is not null)
        {
            _areOfFolders = Enumerable.Range(0, rows.Count)
                .Select(_extras.GetFile)
                .Where(file => file is not null)
                .Select(file => FolderOf(file!).ToString())
                .Distinct(StringComparer.Ordinal)
                .Skip(1)
                .Any();
        }
    }

    /// <summary>The name of a row's file; null where none is known.</summary>
    public string? FileOf(int row)
    {
        if (_extras?.GetFile(row) is not { } file)
            return null;
        var name = NameIn(file);
        if (name.IsEmpty)
            return null;
        var folder = _areOfFolders ? NameIn(FolderOf(file)) : [];
        return Shorten(folder.IsEmpty ? name.ToString() : $"{folder}/{name}");
    }

    /// <summary>The text with an ellipsis for its middle where it is too long.</summary>
    public static string Shorten(string text, int length = MaxLength)
    {
        if (text.Length <= length)
            return text;
        // Not between the halves of a pair.
        var (start, end) = (length / 2, text.Length - (length - 1 - length / 2));
        start -= char.IsHighSurrogate(text[start - 1]) ? 1 : 0;
        end += char.IsLowSurrogate(text[end]) ? 1 : 0;
        return $"{text.AsSpan(0, start)}…{text.AsSpan(end)}";
    }

    private static ReadOnlySpan<char> FolderOf(ReadOnlySpan<char> path) => path[..Math.Max(path.LastIndexOfAny(_separators), 0)];

    private static ReadOnlySpan<char> NameIn(ReadOnlySpan<char> path) => path[(path.LastIndexOfAny(_separators) + 1)..];
}
