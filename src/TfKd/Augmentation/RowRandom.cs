namespace TfKd;

/// <summary>
/// Random numbers that depend on (seed, row, view) and on how many were drawn before, never on the batch a row happens to be in: a row's
/// view is the same in every run with the seed, so a teacher's answer for it can be kept.
/// </summary>
public sealed class RowRandom
{
    private readonly long _seed;
    private readonly IReadOnlyList<int> _rowIds;
    private readonly int _view;
    private long _draws;

    /// <summary>Makes the stream of one batch.</summary>
    public RowRandom(long seed, IReadOnlyList<int> rowIds, int view)
    {
        ArgumentNullException.ThrowIfNull(rowIds);
        (_seed, _rowIds, _view) = (seed, rowIds, view);
    }

    /// <summary>Number of rows N.</summary>
    public int Count => _rowIds.Count;

    /// <summary>Draws one number a row, uniform in [0, 1).</summary>
    public double[] NextDoubles()
    {
        var draw = _draws++;
        var values = new double[_rowIds.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = (SeedSequence.Derive(_seed, SeedPurpose.Augmentation, _rowIds[i], _view, draw) >> 11) * (1.0 / (1UL << 53));
        return values;
    }

    /// <summary>Draws one number a row, uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double[] NextDoubles(double low, double high) => Array.ConvertAll(NextDoubles(), value => low + (high - low) * value);

    /// <summary>Draws one integer a row, uniform in [0, <paramref name="bound"/>).</summary>
    public long[] NextIntegers(long bound) => Array.ConvertAll(NextDoubles(), value => Math.Min((long)(value * bound), bound - 1));
}
