namespace TfKd;

/// <summary>What the steps of an epoch have brought so far, as a checkpoint within the epoch holds it.</summary>
internal sealed record EpochSums
{
    /// <summary>Steps taken.</summary>
    public int Steps { get; init; }

    /// <summary>What was right, as <see cref="StepOutcome"/> counts it.</summary>
    public long Correct { get; init; }

    /// <summary>Rows seen.</summary>
    public long Rows { get; init; }

    /// <summary>Of how many that is.</summary>
    public long Labelled { get; init; }

    /// <summary>The rate of the last step.</summary>
    public double LearningRate { get; init; }

    /// <summary>The sums of each learner's log; filled for a checkpoint only.</summary>
    public IReadOnlyList<IReadOnlyList<LossSum>> Losses { get; init; } = [];

    /// <summary>What <see cref="TeacherStatistics"/> gathered; filled for a checkpoint only.</summary>
    public IReadOnlyList<double> Teacher { get; init; } = [];

    /// <summary>The teacher's answer that tells most, so far; filled for a checkpoint only.</summary>
    public TeacherExample? Example { get; init; }

    /// <summary>The sums after one more step.</summary>
    public EpochSums After(StepOutcome outcome, double learningRate) => With(outcome) with
    {
        Steps = Steps + 1,
        LearningRate = learningRate,
    };

    /// <summary>The sums with what steps brought that are counted already.</summary>
    public EpochSums With(StepOutcome outcome) => this with
    {
        Correct = Correct + outcome.Correct,
        Rows = Rows + outcome.Rows,
        Labelled = Labelled + outcome.Labelled,
    };
}
