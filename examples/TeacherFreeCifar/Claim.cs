namespace TeacherFreeCifar;

/// <summary>
/// A file that one process has at a time, so that a command which is started several times shares its work. The operating system takes it
/// back from a process that ended, however that ended.
/// </summary>
internal static class Claim
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    /// <returns>The file, opened and alone; null where another process has it.</returns>
    public static FileStream? Try(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (error.GetType() == typeof(IOException) && File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>As <see cref="Try"/>, as soon as nobody else has it.</summary>
    public static FileStream Wait(string path, CancellationToken token)
    {
        while (true)
        {
            if (Try(path) is { } stream)
                return stream;
            Pause(_pause, token);
        }
    }

    public static void Pause(TimeSpan time, CancellationToken token)
    {
        token.WaitHandle.WaitOne(time);
        token.ThrowIfCancellationRequested();
    }
}
