namespace TfKd;

/// <summary>One process's share of rows. The shares of all processes are all rows, and differ in size by one row at most.</summary>
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
    /// The rows of a batch that are this process's, in the order of the batch: its own ones first of all, so that from epoch to epoch it
    /// sees mostly the same, and of the others as many as make the shares even.
    /// </summary>
    public int[] Take(int[] rows)
    {
        if (Count == 1)
            return rows;
        var (taken, quotas) = (new int[rows.Length], new int[Count]);
        for (var rank = 0; rank < Count; rank++)
            quotas[rank] = QuotaOf(rank, rows.Length);
        for (var i = 0; i < rows.Length; i++)
            taken[i] = quotas[OwnerOf(rows[i])]-- > 0 ? OwnerOf(rows[i]) : -1;
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

    /// <summary>This process's rows of all, in order: an even share.</summary>
    public int[] TakeOfAll(int rowCount) => Take([.. Enumerable.Range(0, rowCount)]);

    // Not the remainder: where classes take turns, it would give each process other classes.
    private int OwnerOf(int row) => (int)(((uint)row * 2654435761u) >> 16) % Count;

    private int QuotaOf(int rank, int rows) => (int)((long)rows * (rank + 1) / Count - (long)rows * rank / Count);
}
