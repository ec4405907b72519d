namespace TfKd;

/// <summary>
/// The stores of a run's views: opened when their view is first trained on, closed with the run, or with their epoch where no view comes
/// twice.
/// </summary>
internal sealed class TeacherCacheViews : IDisposable
{
    private readonly Dictionary<int, TeacherCacheStore?> _stores = [];
    private readonly TeacherCache _cache;
    private readonly TeacherCacheFormat _format;
    private readonly int _rowCount;
    private readonly int _viewCount;
    private readonly bool _repeats;
    private readonly Func<int, byte[]> _key;
    private readonly Action<string, bool> _say;
    private readonly string? _directory;

    /// <param name="cache">How answers are kept.</param>
    /// <param name="format">How they are written down.</param>
    /// <param name="extent">How much there is to keep.</param>
    /// <param name="key">The key of a view; asked for where there is a folder.</param>
    /// <param name="say">Where messages and warnings go.</param>
    public TeacherCacheViews(
        TeacherCache cache, TeacherCacheFormat format, TeacherCacheExtent extent, Func<int, byte[]> key, Action<string, bool> say)
    {
        (_cache, _format, _key, _say) = (cache, format, key, say);
        (_rowCount, _viewCount, _repeats) = extent;
        _directory = cache.Directory;
        try
        {
            if (_directory is not null)
                Directory.CreateDirectory(_directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && !IsBelowFile(_directory!))
        {
            // A file system that cannot be written to is the machine's; a path that is no folder's is a mistake, and thrown.
            _say($"The teacher's answers are not kept in '{_directory}' in this run{InMemory}: {exception.Message}", true);
            _directory = null;
        }
    }

    /// <summary>Whether anything can be kept.</summary>
    public bool Keeps => _directory is not null || FitsMemory;

    private string InMemory => FitsMemory ? ", but in memory" : "";

    private bool FitsMemory => _repeats && Bytes <= _cache.MemoryBudget;

    private long Bytes => (long)_viewCount * _rowCount * _format.RowBytes;

    /// <summary>The store of a view; null where it has none.</summary>
    public TeacherCacheStore? Of(int view)
    {
        if (_stores.TryGetValue(view, out var store))
            return store;
        if (!_repeats)
            Close();
        return _stores[view] = Open(view);
    }

    /// <summary>Where the answers are, and how many of them are known.</summary>
    public string Describe()
    {
        var views = $"{_rowCount} rows, {_viewCount} {(_viewCount == 1 ? "view" : "views")}";
        if (_directory is { } directory)
        {
            var known = Enumerable.Range(0, _viewCount).Sum(view => Known(view));
            return $"The teacher's answers are kept in '{directory}': {known} of {(long)_rowCount * _viewCount} ({views}) "
                + "were known already.";
        }

        if (FitsMemory)
            return $"The teacher's answers are kept in memory: {Size(Bytes)} ({views}), none known yet.";
        return _repeats
            ? $"The teacher is asked for each batch: its answers would take {Size(Bytes)} ({views}), above the memory budget of "
                + $"{Size(_cache.MemoryBudget)}. A TeacherCache with a Directory, or with a larger MemoryBudget, keeps them."
            : "The teacher is asked for each batch: no view of a row comes twice in this run. "
                + "Fewer Views than epochs let its answers be kept.";
    }

    public void Dispose() => Close();

    private static bool IsBelowFile(string path)
    {
        for (var part = Path.GetFullPath(path); part is not null; part = Path.GetDirectoryName(part))
        {
            if (Path.Exists(part))
                return !Directory.Exists(part);
        }

        return false;
    }

    private static string Size(long bytes) => FormattableString.Invariant($"{bytes / (double)(1 << 20):0.###} MiB");

    private TeacherCacheStore? Open(int view)
    {
        if (_directory is not null)
        {
            var key = _key(view);
            var path = PathOf(key);
            try
            {
                return TeacherCacheFile.Open(path, key, _rowCount, _format.RowBytes, _say);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                _say($"The teacher's answers are not kept in '{path}' in this run{InMemory}: {exception.Message}", true);
            }
        }

        return FitsMemory ? new TeacherCacheMemory(_rowCount, _format.RowBytes) : null;
    }

    private long Known(int view)
    {
        var key = _key(view);
        return TeacherCacheFile.CountKnown(PathOf(key), key, _rowCount, _format.RowBytes);
    }

    private string PathOf(byte[] key) => Path.Combine(_directory!, $"{Convert.ToHexStringLower(key)}.answers");

    private void Close()
    {
        foreach (var store in _stores.Values)
            store?.Dispose();
        _stores.Clear();
    }
}
