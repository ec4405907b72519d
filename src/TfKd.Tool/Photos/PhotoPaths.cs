using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Photos without labels, as they are named on a command line: files, and folders with all below them.</summary>
internal static class PhotoPaths
{
    /// <summary>The photos, in the order they were named.</summary>
    /// <param name="named">Files and folders.</param>
    /// <param name="output">Is told what was left out of folders.</param>
    /// <exception cref="IOException">One of them is missing.</exception>
    /// <exception cref="InvalidDataException">A folder has no photos.</exception>
    public static IReadOnlyList<string> List(IEnumerable<string> named, ToolOutput output) =>
        [.. named.SelectMany(path => Directory.Exists(path) ? InFolder(path, output) : [Existing(path)])];

    private static IEnumerable<string> InFolder(string folder, ToolOutput output)
    {
        var leftOut = new FolderRemainder();
        var files = FolderImages.ListUnlabelled(folder, leftOut);
        if (leftOut.Describe(folder) is { } warning)
            output.Warn(warning);
        return files.Select(file => file.Path);
    }

    private static string Existing(string path) => File.Exists(path)
        ? path
        : throw new FileNotFoundException($"There is no photo and no folder '{path}'.", path);
}
