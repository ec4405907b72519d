namespace OnnxServing;

/// <summary>What a shard is made of, and how.</summary>
/// <param name="Model">The network's file.</param>
/// <param name="Input">A folder, or a text file with a path a line.</param>
/// <param name="Output">The file of the rows; of several shards each adds its number to the name.</param>
internal sealed record ShardSettings(string Model, string Input, string Output)
{
    /// <summary>Which share of the photos.</summary>
    public Shard Shard { get; init; } = new(0, 1);

    /// <summary>Images that the network computes at once.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Batches in work at once, each decoded and computed by a thread. Default: one a core.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether there is a column a class.</summary>
    public bool Scores { get; init; }

    /// <summary>Percent of the shard's photos that may be bad.</summary>
    public double MostBad { get; init; } = 10;

    /// <summary>Whether a finished shard is done anew.</summary>
    public bool Force { get; init; }
}
