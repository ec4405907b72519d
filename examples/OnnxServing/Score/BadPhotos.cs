namespace OnnxServing;

/// <summary>Photos that could not be read, as CSV with the columns <c>Path</c> and <c>Reason</c>; without any there is no file.</summary>
internal sealed class BadPhotos : IDisposable
{
    private readonly string _path;
    private PendingFile? _file;
    private StreamWriter? _writer;

    /// <param name="output">The file that the others are in.</param>
    public BadPhotos(string output)
    {
        _path = FileOf(output);
        // Of a process that was killed, where there are none this time.
        File.Delete(PendingFile.PartOf(_path));
    }

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>The name of the list beside a file; not one that a search for all files of rows finds, too.</summary>
    public static string FileOf(string output) => $"{output}.bad";

    /// <summary>Adds one.</summary>
    public void Add(string path, string reason)
    {
        if (_writer is null)
        {
            _file = new PendingFile(_path);
            _writer = new StreamWriter(_file.Stream, leaveOpen: true);
            _writer.Write(Csv.Line(["Path", "Reason"]));
        }

        _writer.Write(Csv.Line([path, reason]));
        Count++;
    }

    /// <summary>Gives the list its name, or removes an older one.</summary>
    public void Commit()
    {
        _writer?.Dispose();
        _writer = null;
        if (_file is null)
            File.Delete(_path);
        else
            _file.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _file?.Dispose();
    }
}
