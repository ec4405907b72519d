namespace TfKd;

/// <summary>
/// The folder of a search: the user's, which no other search may use meanwhile, or a temporary one, which goes with the search.
/// </summary>
internal sealed class SearchFolder : IDisposable
{
    private readonly IDisposable _lock;
    private readonly bool _isTemporary;

    /// <param name="directory">The user's; null: a temporary one.</param>
    /// <exception cref="IOException">It cannot be made or written to, or another search is in it.</exception>
    public SearchFolder(string? directory)
    {
        _isTemporary = directory is null;
        Path = directory ?? Directory.CreateTempSubdirectory("tfkd-search-").FullName;
        try
        {
            Directory.CreateDirectory(Path);
            AtomicFile.Probe(SearchJournal.PathIn(Path));
            _lock = CheckpointLock.Take(Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            var found = (exception.InnerException ?? exception).Message;
            throw new IOException(
                $"The search's Directory '{Path}' is of no use: expected a folder that can be made and written to, found: {found}",
                exception);
        }
    }

    public string Path { get; }

    public void Dispose()
    {
        _lock.Dispose();
        if (_isTemporary)
            Directory.Delete(Path, recursive: true);
    }
}
