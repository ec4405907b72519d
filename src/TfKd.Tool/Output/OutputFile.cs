namespace TfKd.Tool;

/// <summary>Files that a command writes: beside their place and moved over, and only over others where that was asked for.</summary>
internal static class OutputFile
{
    /// <summary>Finds out before the work whether the file may be written and can be, and makes its folder.</summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether one that is there may be replaced.</param>
    /// <exception cref="IOException">It is there, or cannot be written.</exception>
    public static void Require(string path, bool force)
    {
        if (Directory.Exists(path))
            throw new IOException($"'{path}' is a folder; expected the name of a file.");
        if (File.Exists(path) && !force)
            throw new IOException($"'{path}' is there already; --force replaces it.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Probe(path);
    }

    /// <summary>Refuses one file for two things: the second would be written over the first.</summary>
    /// <param name="paths">What is read, and what is written.</param>
    /// <exception cref="UsageException">Two of them are one file.</exception>
    public static void RequireOthers(IEnumerable<string> paths)
    {
        var names = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        if (paths.GroupBy(TargetOf, names).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new UsageException($"'{twice.Last()}' is named for two files, of which one would be lost; expected another name.");
    }

    /// <summary>Writes text.</summary>
    public static void Write(string path, string text) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>A line about the file, for people.</summary>
    public static string[] Describe(string path) => [path, Size(new FileInfo(path).Length)];

    private static string TargetOf(string path) =>
        File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target
            ? target.FullName
            : Path.GetFullPath(path);

    private static string Size(long bytes) =>
        bytes < 1_000_000 ? FormattableString.Invariant($"{bytes / 1e3:F1} kB") : FormattableString.Invariant($"{bytes / 1e6:F1} MB");
}
