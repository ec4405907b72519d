namespace TfKd.Tests;

/// <summary>
/// Finds the shared data and weights, which are no part of the repository: TFKD_SHARED, or the folder beside the repository's root.
/// </summary>
internal static class Shared
{
    /// <summary>The folder; null where there is none.</summary>
    public static string? Root { get; } = Find();

    /// <summary>The full path of a shared file or folder; skips the test where it is absent.</summary>
    public static string Require(string relative)
    {
        if (Root is null)
            Assert.Skip("The shared folder is absent: set TFKD_SHARED, or put it beside the repository.");
        var path = Path.Combine(Root, relative);
        if (!Path.Exists(path))
            Assert.Skip($"The shared folder {Root} has no {relative}.");
        return path;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("TFKD_SHARED") is { Length: > 0 } set)
            return set;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(Path.Combine(candidate, "weights")))
                return candidate;
        }
        return null;
    }
}
