namespace TfKd.MLNet;

/// <summary>What tells a version of a file from others without reading it.</summary>
internal readonly record struct FileStamp(DateTime Written, long Length)
{
    /// <summary>Null where there is no such file, or none that may be looked at.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var named = new FileInfo(path);
            // Of the file at the end of all links: a link stays as it is while the file behind it is replaced.
            var file = named.LinkTarget is null ? named : (FileInfo)named.ResolveLinkTarget(returnFinalTarget: true)!;
            return file.Exists ? new(file.LastWriteTimeUtc, file.Length) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
