using Microsoft.ML;

namespace TfKd.Benchmarks;

/// <summary>A photo of a folder.</summary>
/// <param name="ImagePath">Its file.</param>
/// <param name="Label">The name of its sub-folder.</param>
internal sealed record PhotoRow(string ImagePath, string Label);

/// <summary>Photos to train on, and those that are held out.</summary>
internal sealed record PhotoFold(IReadOnlyList<PhotoRow> Training, IReadOnlyList<PhotoRow> Test)
{
    /// <summary>Photos to train on whose labels are hidden.</summary>
    public IReadOnlyList<PhotoRow> Unlabelled { get; init; } = [];

    /// <summary>The same with so many labels a class, of the first photos of each; the labels of the others are hidden.</summary>
    public PhotoFold WithLabels(int count)
    {
        List<PhotoRow> kept = [.. Training.GroupBy(row => row.Label).SelectMany(group => group.Take(count))];
        return this with { Training = kept, Unlabelled = [.. Training.Except(kept)] };
    }

    public static IDataView Load(MLContext ml, IReadOnlyList<PhotoRow> rows) =>
        ml.Data.LoadFromEnumerable(rows.Select(row => new { row.ImagePath, row.Label }));
}

/// <summary>The photos of a folder, class by class.</summary>
internal sealed class PhotoFolds
{
    private PhotoFolds(IReadOnlyList<PhotoRow> rows) => Rows = rows;

    public IReadOnlyList<PhotoRow> Rows { get; }

    public static PhotoFolds Read(string folder) => new(
    [
        .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).SelectMany(label =>
            Directory.EnumerateFiles(label).Order(StringComparer.Ordinal).Select(path => new PhotoRow(path, Path.GetFileName(label)))),
    ]);

    /// <summary>One of the parts held out: by turns within each class, in the order of the names for seed 0, shuffled for others.</summary>
    public PhotoFold Divide(int folds, int fold, int seed)
    {
        var random = new Random(seed);
        var parts = Rows.GroupBy(row => row.Label).SelectMany(group =>
        {
            var rows = group.ToArray();
            if (seed > 0)
                random.Shuffle(rows);
            return rows.Select((row, index) => (row, Part: index % folds));
        }).ToList();
        return new(Those(part => part != fold), Those(part => part == fold));

        IReadOnlyList<PhotoRow> Those(Func<int, bool> isMeant) => [.. parts.Where(part => isMeant(part.Part)).Select(part => part.row)];
    }
}
