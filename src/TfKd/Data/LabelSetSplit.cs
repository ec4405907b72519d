namespace TfKd;

/// <summary>
/// Which rows are held out where a row may have several labels: iterative stratification. The label with the fewest rows left comes first,
/// and each of its rows goes where most rows of that label are still missing, of equals where most rows are.
/// </summary>
/// <remarks>Sechidis, Tsoumakas and Vlahavas, 'On the Stratification of Multi-Label Data', ECML PKDD 2011, algorithm 1.</remarks>
internal static class LabelSetSplit
{
    /// <summary>For each row of the source whether it is held out; rows that are not labelled are not.</summary>
    public static bool[] Choose(IImageSource source, double heldOutFraction, Random random)
    {
        var heldOut = new bool[source.Count];
        var rows = Enumerable.Range(0, source.Count).Where(row => source.GetLabel(row) != Targets.Unlabelled).ToArray();
        random.Shuffle(rows);
        var labels = rows.ToDictionary(row => row, row => LabelSets.Of(source, row));
        var left = new List<int>(rows);
        var counts = new int[source.ClassNames.Count];
        foreach (var label in rows.SelectMany(row => labels[row]))
            counts[label]++;
        // What each part still wants: of each label, and in all.
        var (wanted, kept) = (Wishes(counts, rows.Length, heldOutFraction), Wishes(counts, rows.Length, 1 - heldOutFraction));
        var keptOf = new int[counts.Length];
        while (Rarest(counts) is { } label)
        {
            foreach (var row in left.Where(row => labels[row].Contains(label)).ToArray())
                Place(row, label);
            left.RemoveAll(row => labels[row].Contains(label));
        }

        foreach (var row in left)
            Place(row, counts.Length);
        return heldOut;

        void Place(int row, int label)
        {
            // The only row of a label that is left, and none is kept, is for learning it.
            heldOut[row] = !labels[row].Any(one => counts[one] == 1 && keptOf[one] == 0)
                && (wanted[label], wanted[^1]).CompareTo((kept[label], kept[^1])) > 0;
            var part = heldOut[row] ? wanted : kept;
            part[^1]--;
            foreach (var one in labels[row])
            {
                part[one]--;
                counts[one]--;
                keptOf[one] += heldOut[row] ? 0 : 1;
            }
        }
    }

    // The last number is that of all rows, and of those without a label.
    private static double[] Wishes(int[] counts, int rowCount, double fraction) =>
        [.. counts.Select(count => count * fraction), rowCount * fraction];

    private static int? Rarest(int[] counts)
    {
        var present = Enumerable.Range(0, counts.Length).Where(label => counts[label] > 0).ToArray();
        return present.Length == 0 ? null : present.MinBy(label => counts[label]);
    }
}
