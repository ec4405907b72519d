namespace TfKd.Benchmarks;

/// <summary>How photos are divided.</summary>
/// <param name="Folds">Parts that are held out in turn.</param>
/// <param name="Seeds">How many divisions there are.</param>
/// <param name="Labels">How many photos a class keep their label in training; null: all.</param>
internal sealed record PhotoDivision(int Folds, int Seeds, int? Labels)
{
    private const string LabelSwitch = "--labels";

    /// <summary>Reads <c>[FOLDS [SEEDS [PART OF A NAME ...]]] [--labels COUNT]</c>; without them 5 folds of one division, with all labels.</summary>
    public static (PhotoDivision Division, IReadOnlyList<string> Parts) Parse(IReadOnlyList<string> arguments)
    {
        var hasSwitch = arguments.Count > 1 && arguments[^2] == LabelSwitch;
        int? labels = hasSwitch ? int.Parse(arguments[^1]) : null;
        string[] others = [.. hasSwitch ? arguments.SkipLast(2) : arguments];
        return (new(Number(0) ?? 5, Number(1) ?? 1, labels), others[Math.Min(2, others.Length)..]);

        int? Number(int place) => others.Length > place ? int.Parse(others[place]) : null;
    }

    /// <summary>The folds of all divisions, each with a number from 1.</summary>
    public IEnumerable<(PhotoFold Fold, int Number)> Of(PhotoFolds photos) =>
        from seed in Enumerable.Range(0, Seeds)
        from fold in Enumerable.Range(0, Folds)
        let whole = photos.Divide(Folds, fold, seed)
        select (Labels is { } count ? whole.WithLabels(count) : whole, 1 + fold + Folds * seed);

    public override string ToString() =>
        $"{Folds} folds, {Seeds} division(s){(Labels is { } count ? $"; {count} photos a class have a label in training" : "")}";
}
