namespace TfKd;

/// <summary>
/// A second network of the student's architecture, from other random weights, that learns beside it: in each step both answer, and each
/// then learns from the other's answer by the plan's objective (mutual learning). The run returns the one that was better on the validation
/// rows; without validation rows, the student.
/// </summary>
/// <remarks>
/// <para>
/// The paper's objective is <c>new CrossEntropy() + new SoftTargetKl()</c>. Its two networks change one after the other; here both answer
/// before either changes.
/// </para>
/// <para>Zhang, Xiang, Hospedales and Lu, 'Deep Mutual Learning', CVPR 2018, for two networks.</para>
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan
/// {
///     Objective = new KnowledgeDistillation { Alpha = 0.5, Temperature = 1 },
///     Teacher = new PeerTeacher(),
/// };
/// </code></example>
public sealed record PeerTeacher : TeacherSource
{
    /// <summary>Always refused: a peer learns in the run itself, and is no teacher by itself or in an ensemble.</summary>
    /// <exception cref="InvalidOperationException">Always.</exception>
    protected override Teacher OpenCore(TeacherContext context) => throw NoPart();

    /// <summary>The refusal of a peer anywhere but as the plan's teacher.</summary>
    internal static InvalidOperationException NoPart() =>
        new($"{nameof(PeerTeacher)} learns beside the student and cannot be a part of another teacher; set it as the plan's Teacher.");
}
