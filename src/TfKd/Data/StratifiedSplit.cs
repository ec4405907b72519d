namespace TfKd;

/// <summary>Cuts a source in two with every class in the same proportion in both, as far as its rows allow.</summary>
public static class StratifiedSplit
{
    /// <summary>Cuts off a fraction of the rows; the same seed gives the same cut.</summary>
    /// <remarks>
    /// Rows are held out by the largest remainders: of each class the whole part of its share, then one more of the classes whose shares
    /// have the largest fractions, until the fraction of all rows is reached; the seed decides between equal ones. So the rows held out
    /// are within one of the fraction, and each class within one of its share, but where a class would lose its only row. Samples without
    /// a label are never held out. Where samples may have several
    /// labels each of these is divided in turn, the rarest first, by Sechidis, Tsoumakas and Vlahavas, 'On the Stratification of
    /// Multi-Label Data', ECML PKDD 2011; the numbers are then near the fraction, and not within one of it.
    /// </remarks>
    /// <param name="source">What to cut; both parts read from it.</param>
    /// <param name="heldOutFraction">Above 0 and below 1. Of a class with rows at least one stays.</param>
    /// <param name="seed">Chooses the rows.</param>
    /// <example><code>
    /// var (kept, heldOut) = StratifiedSplit.Cut(training, heldOutFraction: 0.1, seed: 1);
    /// </code></example>
    public static (SourceSubset Kept, SourceSubset HeldOut) Cut(IImageSource source, double heldOutFraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(source);
        Require.OpenFraction(heldOutFraction, nameof(heldOutFraction));
        var random = new Random(SeedSequence.DeriveInt32(seed, SeedPurpose.ValidationSplit));
        var heldOut = LabelSets.AreIn(source)
            ? LabelSetSplit.Choose(source, heldOutFraction, random)
            : Choose(source, heldOutFraction, random);
        var all = Enumerable.Range(0, source.Count).ToArray();
        return (new SourceSubset(source, all.Where(row => !heldOut[row])), new SourceSubset(source, all.Where(row => heldOut[row])));
    }

    private static bool[] Choose(IImageSource source, double heldOutFraction, Random random)
    {
        var classes = Enumerable.Range(0, source.Count).Where(row => source.GetLabel(row) != Targets.Unlabelled)
            .GroupBy(source.GetLabel).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        foreach (var rows in classes)
            random.Shuffle(rows);
        var counts = Share([.. classes.Select(rows => rows.Length)], heldOutFraction, random);
        var heldOut = new bool[source.Count];
        foreach (var (rows, count) in classes.Zip(counts))
        {
            foreach (var row in rows.AsSpan(0, count))
                heldOut[row] = true;
        }

        return heldOut;
    }

    /// <summary>How many rows of each class are held out.</summary>
    private static int[] Share(int[] rows, double fraction, Random random)
    {
        // The whole part of a share is below the rows, of which one stays, but for rounding.
        var counts = Array.ConvertAll(rows, count => Math.Min((int)(count * fraction), count - 1));
        var left = (int)Math.Round(rows.Sum() * fraction, MidpointRounding.AwayFromZero) - counts.Sum();
        var order = Enumerable.Range(0, rows.Length).ToArray();
        random.Shuffle(order);
        var next = order.Where(label => counts[label] + 1 < rows[label])
            .OrderByDescending(label => rows[label] * fraction - counts[label])
            .Take(Math.Max(left, 0));
        foreach (var label in next.ToArray())
            counts[label]++;
        return counts;
    }
}
