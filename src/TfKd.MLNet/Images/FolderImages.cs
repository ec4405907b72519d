using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>A folder with one sub-folder a class: which files are its images, in an order that is the same on every system.</summary>
internal static class FolderImages
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"];

    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    /// <exception cref="InvalidDataException">The folder has no sub-folders, or none of them an image.</exception>
    public static List<Row> List(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder '{Path.GetFullPath(folder)}' is not there; expected one with a sub-folder of images for each class.");
        var classes = Directory.GetDirectories(folder);
        if (classes.Length == 0)
            throw new InvalidDataException($"The folder '{Path.GetFullPath(folder)}' has no sub-folders; expected one for each class, with the images of the class in it.");
        Array.Sort(classes, StringComparer.Ordinal);
        var rows = new List<Row>();
        foreach (var path in classes)
        {
            var files = Directory.GetFiles(path).Where(IsImage).ToArray();
            Array.Sort(files, StringComparer.Ordinal);
            rows.AddRange(files.Select(file => new Row(file, Path.GetFileName(path))));
        }

        return rows.Count > 0
            ? rows
            : throw new InvalidDataException($"No sub-folder of '{Path.GetFullPath(folder)}' has an image; expected files named {string.Join(", ", Extensions.Select(extension => $"*{extension}"))}.");
    }

    private static bool IsImage(string file) =>
        !Path.GetFileName(file).StartsWith('.') && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>One image file; its bytes are read when a cursor asks for them, and not kept.</summary>
    internal sealed class Row(string path, string label)
    {
        public string ImagePath => path;

        public string Label => label;

        public byte[] Image => File.ReadAllBytes(path);
    }
}
