using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>
/// Photos without labels, as they are named on a command line: files, folders with all below them, and lists, whose labels are not looked
/// at.
/// </summary>
internal static class PhotoPaths
{
    /// <summary>The photos, in the order they were named.</summary>
    /// <param name="named">Files, folders and lists.</param>
    /// <param name="output">Is told what was left out of folders and lists.</param>
    /// <exception cref="IOException">One of them is missing.</exception>
    /// <exception cref="InvalidDataException">A folder has no photos, or a list is none.</exception>
    public static IReadOnlyList<string> List(IEnumerable<string> named, ToolOutput output) =>
    [
        .. named.SelectMany(path => Directory.Exists(path) ? InFolder(path, output)
            : PhotoList.IsNamedSo(Existing(path)) ? InList(path, output) : [path]),
    ];

    private static IEnumerable<string> InList(string file, ToolOutput output)
    {
        var list = PhotoList.Read(file);
        if (list.Remark is { } warning)
            output.Warn(warning);
        return list.Files.Select(photo => Path.GetRelativePath(".", photo.Path));
    }

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
        : throw new FileNotFoundException($"There is no photo, no folder and no list '{path}'.", path);
}
