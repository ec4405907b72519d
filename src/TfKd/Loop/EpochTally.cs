namespace TfKd;

/// <summary>What the steps of an epoch have brought so far, as a checkpoint within the epoch holds it.</summary>
internal sealed record EpochTally
{
    /// <summary>Steps taken.</summary>
    public int Steps { get; set; }

    /// <summary>Rows classified as their target's most probable class.</summary>
    public long Correct { get; set; }

    /// <summary>Rows seen.</summary>
    public long Rows { get; set; }

    /// <summary>The rate of the last step.</summary>
    public double LearningRate { get; set; }

    /// <summary>The sums of each learner's log; filled for a checkpoint only.</summary>
    public IReadOnlyList<IReadOnlyList<LossSum>> Losses { get; init; } = [];

    /// <summary>What <see cref="TeacherStatistics"/> gathered; filled for a checkpoint only.</summary>
    public IReadOnlyList<double> Teacher { get; init; } = [];
}
