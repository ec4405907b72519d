namespace OnnxServing;

/// <summary>
/// A file that is written beside its place, with ".part" behind its name, and moved over when it is whole. What a killed process left there
/// is overwritten by the next.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string _path;

    /// <param name="path">Where it will be.</param>
    public PendingFile(string path)
    {
        _path = path;
        Stream = new FileStream(PartOf(path), FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16);
    }

    /// <summary>Where its content goes.</summary>
    public FileStream Stream { get; }

    /// <summary>Under which name a file is written.</summary>
    public static string PartOf(string path) => $"{path}.part";

    /// <summary>Gives the file its name, once its content is on the disk.</summary>
    /// <returns>Its length in bytes.</returns>
    public long Commit()
    {
        // After a power cut the name must not stand on an empty file.
        Stream.Flush(flushToDisk: true);
        var length = Stream.Length;
        Stream.Dispose();
        File.Move(PartOf(_path), _path, overwrite: true);
        return length;
    }

    /// <summary>Removes what was not committed.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        File.Delete(PartOf(_path));
    }
}
