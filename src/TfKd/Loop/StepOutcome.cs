namespace TfKd;

/// <summary>What a step, or a part of it, brought. Outcomes of parts add up.</summary>
/// <param name="Rows">Rows seen.</param>
/// <param name="Correct">
/// Rows that the student classified as their target's most probable class; where rows may have several labels, classes of rows that it
/// rightly said to be there or not.
/// </param>
/// <param name="Loss">The student's objective: the mean over the rows of the step, or the part's share in it.</param>
/// <param name="PeerLoss">The same of the student's peer; 0 without one.</param>
internal sealed record StepOutcome(int Rows, long Correct, double Loss, double PeerLoss)
{
    /// <summary>What a process without rows brings.</summary>
    public static StepOutcome OfNothing { get; } = new(0, 0, 0, 0) { Labelled = 0 };

    /// <summary>Rows seen that have a label; where rows may have several labels, their classes.</summary>
    public required long Labelled { get; init; }

    /// <summary>What is wrong with an objective that is not finite; null where all are, or where another process knows.</summary>
    public TrainingDivergedException? Diagnosis { get; init; }

    /// <summary>Whether the objectives are numbers, so that a step may follow.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(PeerLoss);

    public static StepOutcome operator +(StepOutcome left, StepOutcome right) =>
        new(left.Rows + right.Rows, left.Correct + right.Correct, left.Loss + right.Loss, left.PeerLoss + right.PeerLoss)
        {
            Labelled = left.Labelled + right.Labelled,
            Diagnosis = left.Diagnosis ?? right.Diagnosis,
        };
}
