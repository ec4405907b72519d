namespace TfKd.MLNet;

/// <summary>What tells a version of a file from others without reading it.</summary>
internal readonly record struct FileStamp(DateTime Written, long Length)
{
    /// <summary>Null where there is no such file, or none that may be looked at.</summary>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        try
        {
            return file.Exists ? new(file.LastWriteTimeUtc, file.Length) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
