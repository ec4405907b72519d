namespace TfKd.Tests;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    private static readonly string[] OtherFolders = ["bin", "obj", ".git", "shared", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly EnumerationOptions EverywhereHiddenToo =
        new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };

    /// <summary>The repository's root: the folder above the tests that holds the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>The full path of a file or folder of the repository.</summary>
    /// <param name="relative">The path from the root, with slashes.</param>
    public static string PathOf(string relative) => Path.GetFullPath(Path.Combine(Root, relative));

    /// <summary>The Markdown files, without those in build outputs, by their path from the root with slashes.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        .. Directory.EnumerateFiles(Root, "*.md", EverywhereHiddenToo)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(OtherFolders.Contains))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The C# sources below a folder, without those in build outputs.</summary>
    /// <param name="folder">The folder's path from the root, with slashes.</param>
    public static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    /// <summary>The name of a file below <c>src</c>: its path from there, with slashes.</summary>
    /// <param name="path">The full path.</param>
    public static string NameInSource(string path) => Path.GetRelativePath(PathOf("src"), path).Replace('\\', '/');

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "TfKd.MLNet.sln")))
            folder = folder.Parent
                ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds TfKd.MLNet.sln.");
        return folder.FullName;
    }
}
