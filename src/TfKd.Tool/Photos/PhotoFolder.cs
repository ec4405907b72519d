using Microsoft.ML;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Photos with their labels: a folder with one sub-folder a class, a list, or a part of one.</summary>
/// <param name="Files">The files, in an order that is the same on every system.</param>
/// <param name="Separator">What stands between the labels of a photo, which may have several; null: each has one.</param>
internal sealed record PhotoFolder(IReadOnlyList<(string Path, string Label)> Files, string? Separator = null)
{
    private const string DefaultSeparator = ";";

    /// <summary>What to do about a separator that looks wrong.</summary>
    public static SeparatorAdvice Advice { get; } = new("--labels-separator", $"name the column of the list {PhotoList.OneName}");

    /// <summary>The classes, in the order of their names.</summary>
    public IReadOnlyList<string> ClassNames { get; } =
        [.. Files.SelectMany(file => LabelsOf(file.Label, Separator)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The photos of a folder or a list.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="separator">What stands between the labels of a photo in a list; null: the default.</param>
    /// <param name="output">Is told what was left out.</param>
    /// <exception cref="IOException">It is missing, or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It has no sub-folders, or no photos in them; or it is no list of photos.</exception>
    /// <exception cref="UsageException">A separator is named where photos have one label.</exception>
    public static PhotoFolder Read(string folder, string? separator, ToolOutput output)
    {
        if (File.Exists(folder))
            return ReadList(folder, separator, output);
        if (separator is not null)
            throw new UsageException($"--labels-separator is for lists of photos, but '{folder}' is no file.");
        if (PhotoList.IsNamedSo(folder) && !Directory.Exists(folder))
            throw new FileNotFoundException($"There is no list '{folder}'.", folder);
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

    /// <summary>The labels of a photo.</summary>
    /// <param name="label">What its file has for them.</param>
    public IReadOnlyList<string> LabelsOf(string label) => LabelsOf(label, Separator);

    /// <summary>
    /// Holds a part of each class out, of several labels a part of the photos whose rarest label is the same; the same seed holds out the
    /// same.
    /// </summary>
    /// <param name="fraction">How much, above 0 and below 1; of a class of one photo nothing, of others one photo at least.</param>
    /// <param name="seed">Chooses the photos.</param>
    /// <exception cref="InvalidDataException">No class has two photos.</exception>
    public (PhotoFolder Kept, PhotoFolder HeldOut) Cut(double fraction, int seed)
    {
        var random = new Random(seed);
        var heldOut = new HashSet<string>();
        foreach (var photos in Files.GroupBy(RarestOf()))
        {
            var paths = photos.Select(file => file.Path).ToArray();
            random.Shuffle(paths);
            var count = paths.Length < 2 ? 0 : Math.Clamp((int)Math.Round(paths.Length * fraction), 1, paths.Length - 1);
            heldOut.UnionWith(paths.Take(count));
        }

        return heldOut.Count > 0
            ? (new([.. Files.Where(file => !heldOut.Contains(file.Path))], Separator),
                new([.. Files.Where(file => heldOut.Contains(file.Path))], Separator))
            : throw new InvalidDataException(
                $"No photo can be held out to test on: each of the {ClassNames.Count} classes has one; expected two or more.");
    }

    private static PhotoFolder ReadList(string file, string? separator, ToolOutput output)
    {
        var list = PhotoList.Read(file);
        if (list.Remark is { } remark)
            output.Warn(remark);
        switch (list.LabelColumn)
        {
            case PhotoList.SeveralName:
                return new(list.Files, separator ?? DefaultSeparator);
            case null:
                throw new InvalidDataException(
                    $"'{file}' has no labels; expected the column {PhotoList.OneName}, or {PhotoList.SeveralName} where a photo may have "
                        + "several.");
        }

        if (separator is not null)
            throw new UsageException(
                $"--labels-separator is for lists with a column {PhotoList.SeveralName}, but '{file}' has {PhotoList.OneName}, one a "
                    + "photo.");
        List<(string Path, string Label)> labelled = [.. list.Files.Where(photo => photo.Label.Length > 0)];
        if (labelled.Count < list.Files.Count)
            output.Warn($"Left out: {Counted.Photos(list.Files.Count - labelled.Count)} of '{file}' without a label.");
        return new(labelled);
    }

    private static string[] LabelsOf(string label, string? separator) => separator is null
        ? [label]
        : label.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private Func<(string Path, string Label), string> RarestOf()
    {
        var counts = Files.SelectMany(file => LabelsOf(file.Label)).CountBy(label => label).ToDictionary();
        return file => LabelsOf(file.Label).OrderBy(label => counts[label]).FirstOrDefault("");
    }

    /// <summary>The photos as ML.NET's rows: ImagePath, Label, and the bytes of the file.</summary>
    /// <param name="imageColumn">The column of the bytes.</param>
    public IDataView ToView(string imageColumn) => new FolderImagesView(Files, imageColumn);
}
