namespace TfKd;

/// <summary>
/// One process's share of rows: those that it keeps, about as many as the others do, and of each batch so many that the shares of two
/// processes differ by one row at most. The shares of all processes are all rows.
/// </summary>
/// <param name="Rank">The process.</param>
/// <param name="Count">Number of processes.</param>
internal readonly record struct ReplicaShare(int Rank, int Count)
{
    /// <summary>The share of a process that is alone.</summary>
    public static ReplicaShare Whole { get; } = new(0, 1);

    public static ReplicaShare Of(Replicas? replicas) => replicas is null ? Whole : new(replicas.Rank, replicas.Count);

    /// <summary>How many of some rows are this process's.</summary>
    public int SizeOf(int rows) => QuotaOf(Rank, rows);

    /// <summary>The fewest rows above 0 that any process has of some.</summary>
    public int SmallestOf(int rows) => rows < Count ? Math.Min(rows, 1) : rows / Count;

    /// <summary>
    /// The rows of a batch that are this process's, in the order of the batch: its own ones first of all, which are those that it has
    /// decoded, and of the others as many as make the shares even.
    /// </summary>
    /// <param name="rows">The rows of the batch.</param>
    /// <param name="originOf">By what number it is known whose a row is.</param>
    public int[] Take(int[] rows, Func<int, int> originOf)
    {
        if (Count == 1)
            return rows;
        var count = Count;
        var (taken, quotas) = (Array.ConvertAll(rows, row => OwnerOf(originOf(row), count)), new int[count]);
        for (var rank = 0; rank < Count; rank++)
            quotas[rank] = QuotaOf(rank, rows.Length);
        for (var i = 0; i < rows.Length; i++)
            taken[i] = quotas[taken[i]]-- > 0 ? taken[i] : -1;
        // An owner whose share was full has counted on.
        for (var rank = 0; rank < Count; rank++)
            quotas[rank] = Math.Max(quotas[rank], 0);
        var next = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            if (taken[i] >= 0)
                continue;
            while (quotas[next] == 0)
                next++;
            (taken[i], quotas[next]) = (next, quotas[next] - 1);
        }

        var own = Rank;
        return [.. rows.Where((_, i) => taken[i] == own)];
    }

    /// <summary>Whether a row is this process's own. About as many are each one's.</summary>
    /// <param name="origin">Its number.</param>
    public bool Owns(int origin) => OwnerOf(origin, Count) == Rank;

    // Not the remainder: where classes take turns, it would give each process other classes.
    private static int OwnerOf(int row, int count) => (int)(((uint)row * 2654435761u) >> 16) % count;

    private int QuotaOf(int rank, int rows) => (int)((long)rows * (rank + 1) / Count - (long)rows * rank / Count);
}
