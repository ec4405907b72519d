using Microsoft.ML;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Photos with their labels: a folder with one sub-folder a class, or a part of one.</summary>
/// <param name="Files">The files, in an order that is the same on every system.</param>
internal sealed record PhotoFolder(IReadOnlyList<(string Path, string Label)> Files)
{
    /// <summary>The classes, in the order of their names.</summary>
    public IReadOnlyList<string> ClassNames { get; } = [.. Files.Select(file => file.Label).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The photos of a folder.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="output">Is told what was left out.</param>
    /// <exception cref="IOException">The folder is missing, or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It has no sub-folders, or no photos in them.</exception>
    public static PhotoFolder Read(string folder, ToolOutput output)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateDirectories(folder).Any())
        {
            var class1 = Path.Combine(folder, "cat", "1.jpg");
            var class2 = Path.Combine(folder, "dog", "1.jpg");
            throw new InvalidDataException(
                $"The folder '{folder}' has no sub-folders; expected one for each class with its photos in it, such as '{class1}' and "
                + $"'{class2}'.");
        }

        var leftOut = new FolderRemainder();
        var files = FolderImages.List(folder, leftOut);
        if (leftOut.Describe(folder) is { } warning)
            output.Warn(warning);
        return new(files);
    }

    /// <summary>Holds a part of each class out; the same seed holds out the same.</summary>
    /// <param name="fraction">How much, above 0 and below 1; of a class of one photo nothing, of others one photo at least.</param>
    /// <param name="seed">Chooses the photos.</param>
    /// <exception cref="InvalidDataException">No class has two photos.</exception>
    public (PhotoFolder Kept, PhotoFolder HeldOut) Cut(double fraction, int seed)
    {
        var random = new Random(seed);
        var heldOut = new HashSet<string>();
        foreach (var photos in Files.GroupBy(file => file.Label))
        {
            var paths = photos.Select(file => file.Path).ToArray();
            random.Shuffle(paths);
            var count = paths.Length < 2 ? 0 : Math.Clamp((int)Math.Round(paths.Length * fraction), 1, paths.Length - 1);
            heldOut.UnionWith(paths.Take(count));
        }

        return heldOut.Count > 0
            ? (new([.. Files.Where(file => !heldOut.Contains(file.Path))]), new([.. Files.Where(file => heldOut.Contains(file.Path))]))
            : throw new InvalidDataException(
                $"No photo can be held out to test on: each of the {ClassNames.Count} classes has one; expected two or more.");
    }

    /// <summary>The photos as ML.NET's rows: ImagePath, Label, and the bytes of the file.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="imageColumn">The column of the bytes.</param>
    public IDataView ToView(MLContext ml, string imageColumn) => ToView(ml, Files, imageColumn);

    /// <inheritdoc cref="ToView(MLContext, string)"/>
    public static IDataView ToView(MLContext ml, IReadOnlyList<(string Path, string Label)> files, string imageColumn)
    {
        const string Bytes = "Image";
        var view = new FolderImagesView(files);
        return imageColumn == Bytes
            ? view
            : ml.Transforms.CopyColumns(imageColumn, Bytes).Append(ml.Transforms.DropColumns(Bytes)).Fit(view).Transform(view);
    }
}
