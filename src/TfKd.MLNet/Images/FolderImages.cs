namespace TfKd.MLNet;

/// <summary>Which files of a folder are its images, in an order that is the same on every system, and what was left out.</summary>
internal static class FolderImages
{
    // By name, as LoadImages does: all that the decoder reads.
    private static readonly string[] Extensions =
        [".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp", ".ico", ".wbmp"];

    // What archives, synchronisation and file managers leave behind, where it is not hidden.
    private static readonly string[] SystemNames = ["__MACOSX", "@eaDir", "Thumbs.db", "desktop.ini"];

    private static readonly EnumerationOptions Visible =
        new() { AttributesToSkip = FileAttributes.Hidden | FileAttributes.System, IgnoreInaccessible = false };

    /// <summary>A folder with one sub-folder a class: the images in those, with the sub-folder's name as label.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="leftOut">Takes what is not among the rows.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">The folder has no sub-folders, or none of them an image.</exception>
    public static List<(string Path, string Label)> List(string folder, FolderRemainder leftOut)
    {
        Require(folder, "one with a sub-folder of images for each class");
        var classes = FoldersOf(folder);
        if (classes.Count == 0)
        {
            throw new InvalidDataException(
                $"The folder '{Path.GetFullPath(folder)}' has no sub-folders; expected one for each class, with the images of the class " +
                "in it. Images without labels, to be predicted, are read with labelled: false.");
        }

        foreach (var image in FilesOf(folder).Where(IsImage))
            leftOut.AddOutside(image);
        var rows = new List<(string Path, string Label)>();
        foreach (var path in classes)
        {
            // One text a class, not one a row.
            var label = Path.GetFileName(path);
            var before = rows.Count;
            rows.AddRange(ImagesOf(path, leftOut).Select(file => (file, label)));
            if (rows.Count == before)
                leftOut.AddEmptyClass(label);
            foreach (var image in FoldersOf(path).SelectMany(below => ImagesBelow(below, new FolderRemainder())))
                leftOut.AddOutside(image);
        }

        return rows.Count > 0 ? rows : throw NoImages($"No sub-folder of '{Path.GetFullPath(folder)}' has an image");
    }

    /// <summary>The images in a folder and in all folders below it, without labels.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="leftOut">Takes what is not among the rows.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">There is no image.</exception>
    public static List<(string Path, string Label)> ListUnlabelled(string folder, FolderRemainder leftOut)
    {
        Require(folder, "one with images");
        var rows = ImagesBelow(folder, leftOut).Select(file => (file, "")).ToList();
        return rows.Count > 0 ? rows : throw NoImages($"Neither '{Path.GetFullPath(folder)}' nor a folder below it has an image");
    }

    private static void Require(string folder, string expected)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder '{Path.GetFullPath(folder)}' is not there; expected {expected}.");
    }

    private static InvalidDataException NoImages(string what) => new(
        $"{what}; expected files named {string.Join(", ", Extensions.Select(extension => $"*{extension}"))}.");

    private static IEnumerable<string> ImagesBelow(string folder, FolderRemainder leftOut) => ImagesOf(folder, leftOut).Concat(
        // Not by links: they may lead in a circle.
        FoldersOf(folder).Where(below => new DirectoryInfo(below).LinkTarget is null).SelectMany(below => ImagesBelow(below, leftOut)));

    private static List<string> ImagesOf(string folder, FolderRemainder leftOut)
    {
        var files = FilesOf(folder).ToLookup(IsImage);
        foreach (var other in files[false])
            leftOut.AddOther(other);
        return [.. files[true]];
    }

    private static List<string> FilesOf(string folder) => Sorted(Directory.EnumerateFiles(folder, "*", Visible));

    private static List<string> FoldersOf(string folder) => Sorted(Directory.EnumerateDirectories(folder, "*", Visible));

    private static List<string> Sorted(IEnumerable<string> paths) =>
        [.. paths.Where(path => !IsOfTheSystem(Path.GetFileName(path))).Order(StringComparer.Ordinal)];

    private static bool IsOfTheSystem(string name) =>
        name.StartsWith('.') || SystemNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool IsImage(string file) => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
