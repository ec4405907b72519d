namespace TfKd;

/// <summary>
/// Writes a file beside its place and moves it over, so that whoever reads it finds the old content or the new one, never a part. A writer
/// holds its unfinished file open, which locks it: one that nobody locks was left behind by a process that was killed, and the next writer
/// removes it.
/// </summary>
internal static class AtomicFile
{
    private const string Suffix = ".tmp";

    // Between making a file and locking it a writer is not to be told from a dead one; it has written nothing by then.
    private static readonly TimeSpan _timeToLock = TimeSpan.FromMinutes(1);

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <param name="before">Where the file that was there goes. Default null: it is replaced.</param>
    /// <exception cref="IOException">The folder cannot be written to, or its disk is full; what was there before is whole.</exception>
    public static void Write(string path, Action<Stream> write, string? before = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WriteBeside(path, stream =>
        {
            write(stream);
            // On the disk before it has the name: after a power cut the name must not stand on an empty file.
            stream.Flush(flushToDisk: true);
            if (before is not null && File.Exists(path))
                File.Move(path, before, overwrite: true);
            File.Move(stream.Name, path, overwrite: true);
        });
        RemoveLeftovers(path);
    }

    /// <summary>Finds out whether the file could be written, without touching it, and removes what killed writers of it left.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static void Probe(string path)
    {
        WriteBeside(path, stream =>
        {
            stream.WriteByte(0);
            stream.Flush(flushToDisk: true);
            File.Delete(stream.Name);
        });
        RemoveLeftovers(path);
    }

    /// <summary>Removes unfinished files of the same name whose writers are dead.</summary>
    public static void RemoveLeftovers(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            foreach (var file in new DirectoryInfo(FolderOf(path)).EnumerateFiles())
            {
                if (IsUnfinished(file.Name, name)
                    && (file.Length > 0 || TimeProvider.System.GetUtcNow() - file.LastWriteTimeUtc > _timeToLock))
                    RemoveUnlocked(file.FullName);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else removed it first, or may: the file that was to be written is.
        }
    }

    private static void WriteBeside(string path, Action<FileStream> write)
    {
        var beside = $"{path}.{Guid.NewGuid():N}{Suffix}";
        try
        {
            // May be moved and deleted while it is open, but not opened for itself.
            using var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);
            write(stream);
        }
        catch (Exception exception)
        {
            Discard(beside);
            if (exception is not (IOException or UnauthorizedAccessException))
                throw;
            throw new IOException(
                $"'{path}' could not be written, and what was there before is whole: expected a folder that files can be made in, on a "
                    + $"disk with room for them; found: {exception.Message}", exception)
            { HResult = exception.HResult };
        }
    }

    private static void Discard(string beside)
    {
        try
        {
            File.Delete(beside);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Where nothing can be deleted nothing could be made; and the first failure says more.
        }
    }

    private static void RemoveUnlocked(string file)
    {
        try
        {
            using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
            }
        }
        catch (IOException)
        {
            return;
        }

        File.Delete(file);
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private static bool IsUnfinished(string file, string name) =>
        file.Length == name.Length + 1 + 32 + Suffix.Length
        && file.StartsWith($"{name}.", StringComparison.Ordinal)
        && file.EndsWith(Suffix, StringComparison.Ordinal)
        && Guid.TryParseExact(file.AsSpan(name.Length + 1, 32), "N", out _);
}
