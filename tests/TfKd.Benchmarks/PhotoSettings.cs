using System.CommandLine;

namespace TfKd.Benchmarks;

/// <summary>How a table of photos is made.</summary>
/// <param name="Folds">Parts that are held out in turn.</param>
/// <param name="Seeds">How many divisions into folds there are.</param>
/// <param name="Labels">How many photos a class keep their label in training; null: all.</param>
/// <param name="Precision">In which numbers networks are trained, but for a teacher that is trained first.</param>
/// <param name="Only">Names, or parts of names, of what is run; all where there are none.</param>
internal sealed record PhotoSettings(int Folds, int Seeds, int? Labels, Precision Precision, IReadOnlyList<string> Only)
{
    /// <summary>The command <c>photos FOLDER</c>.</summary>
    public static RootCommand Command()
    {
        var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "One sub-folder a class." }.AcceptExistingOnly();
        var folds = new Option<int>("--folds") { DefaultValueFactory = _ => 5, Description = "Parts that are held out in turn." };
        var seeds = new Option<int>("--seeds") { DefaultValueFactory = _ => 3, Description = "Divisions into folds." };
        var labels = new Option<int?>("--labels") { Description = "Photos a class that keep their label in training instead of all." };
        var precision = new Option<Precision>("--precision") { Description = "In which numbers networks are trained." };
        var only = new Option<string[]>("--only")
        {
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
            Description = "Names or parts of names of what is run.",
        };
        var command = new RootCommand("photos: cross-validation on a folder of photos, as a Markdown table.") { folder, folds, seeds, labels, precision, only };
        command.SetAction(given => PhotosComparison.Run(given.GetRequiredValue(folder).FullName, new(
            given.GetValue(folds), given.GetValue(seeds), given.GetValue(labels), given.GetValue(precision),
            given.GetRequiredValue(only))));
        return command;
    }

    /// <summary>The folds of all divisions, each with a number from 1.</summary>
    public IEnumerable<(PhotoFold Fold, int Number)> Of(PhotoFolds photos) =>
        from seed in Enumerable.Range(0, Seeds)
        from fold in Enumerable.Range(0, Folds)
        let whole = photos.Divide(Folds, fold, seed)
        select (Labels is { } count ? whole.WithLabels(count) : whole, 1 + fold + Folds * seed);

    /// <summary>
    /// What is run of all there is: what has one of the names, or else what has one of them in its own; in the order of the names.
    /// </summary>
    public IReadOnlyList<T> Chosen<T>(IReadOnlyList<T> all, Func<T, string> nameOf)
    {
        if (Only.Count == 0)
            return all;
        return [.. Only.SelectMany(Those).Distinct()];

        IReadOnlyList<T> Those(string name)
        {
            List<T> exactly = [.. all.Where(one => nameOf(one) == name)];
            return exactly.Count > 0 ? exactly : [.. all.Where(one => nameOf(one).Contains(name, StringComparison.OrdinalIgnoreCase))];
        }
    }

    public override string ToString()
    {
        var labels = Labels is { } count ? $"; {count} photos a class have a label in training" : "";
        return $"{Folds} folds, {Seeds} division(s){labels}; networks are trained in {Precision}";
    }
}
