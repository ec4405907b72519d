namespace TfKd.MLNet;

/// <summary>A folder with one sub-folder a class: which files are its images, in an order that is the same on every system.</summary>
internal static class FolderImages
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"];

    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">The folder has no sub-folders, or none of them an image.</exception>
    public static List<(string Path, string Label)> List(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException(
                $"The folder '{Path.GetFullPath(folder)}' is not there; expected one with a sub-folder of images for each class.");
        }

        var classes = Directory.GetDirectories(folder);
        if (classes.Length == 0)
        {
            throw new InvalidDataException(
                $"The folder '{Path.GetFullPath(folder)}' has no sub-folders; expected one for each class, with the images of the class " +
                "in it.");
        }

        Array.Sort(classes, StringComparer.Ordinal);
        var rows = new List<(string Path, string Label)>();
        foreach (var path in classes)
        {
            var files = Directory.GetFiles(path).Where(IsImage).ToArray();
            Array.Sort(files, StringComparer.Ordinal);
            // One text a class, not one a row.
            var label = Path.GetFileName(path);
            rows.AddRange(files.Select(file => (file, label)));
        }

        return rows.Count > 0
            ? rows
            : throw new InvalidDataException(
                $"No sub-folder of '{Path.GetFullPath(folder)}' has an image; expected files named " +
                $"{string.Join(", ", Extensions.Select(extension => $"*{extension}"))}.");
    }

    private static bool IsImage(string file) =>
        !Path.GetFileName(file).StartsWith('.') && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
