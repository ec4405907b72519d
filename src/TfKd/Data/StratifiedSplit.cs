namespace TfKd;

/// <summary>Cuts a source in two with every class in the same proportion in both, as far as its rows allow.</summary>
public static class StratifiedSplit
{
    /// <summary>Cuts off a fraction of the rows; the same seed gives the same cut.</summary>
    /// <param name="source">What to cut; both parts read from it.</param>
    /// <param name="heldOutFraction">
    /// Above 0 and below 1. Of a class with at least two rows at least one stays and, from a fraction of one half of a row up, one is held
    /// out.
    /// </param>
    /// <param name="seed">Chooses the rows.</param>
    public static (SourceSubset Kept, SourceSubset HeldOut) Cut(IImageSource source, double heldOutFraction, long seed)
    {
        ArgumentNullException.ThrowIfNull(source);
        Require.OpenFraction(heldOutFraction, nameof(heldOutFraction));
        var random = new Random(SeedSequence.DeriveInt32(seed, SeedPurpose.ValidationSplit));
        var heldOut = new bool[source.Count];
        foreach (var rowsOfClass in Enumerable.Range(0, source.Count).GroupBy(source.GetLabel).OrderBy(group => group.Key))
        {
            var rows = rowsOfClass.ToArray();
            random.Shuffle(rows);
            var take = Math.Min((int)Math.Round(rows.Length * heldOutFraction, MidpointRounding.AwayFromZero), rows.Length - 1);
            foreach (var row in rows.AsSpan(0, take))
                heldOut[row] = true;
        }

        var all = Enumerable.Range(0, source.Count).ToArray();
        return (new SourceSubset(source, all.Where(row => !heldOut[row])), new SourceSubset(source, all.Where(row => heldOut[row])));
    }
}
