using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// An objective that compares what the stages of the student make of the samples with what those of the teacher make of them, in pairs from
/// the end: the last with the last, and so on. Deriving a record and overriding <see cref="Compare"/> is all it takes to bring one of your
/// own; <see cref="StagePairObjective"/> is for one stage of each.
/// </summary>
public abstract record AllStagesObjective : Objective
{
    /// <summary>How many pairs of stages, from the end; above 0. Default null: as many as the network with fewer stages has.</summary>
    public int? StagePairs { get; init => field = value is { } pairs ? Require.Positive(pairs) : null; }

    /// <summary>
    /// A teacher, and the stages of both; with <see cref="ObjectiveNeeds.PreActivations"/> added they are what is before their last
    /// rectifier.
    /// </summary>
    public override ObjectiveNeeds Needs =>
        ObjectiveNeeds.Teacher | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures;

    /// <summary>True: labels are not looked at.</summary>
    public sealed override bool TakesUnlabelledSamples => true;

    /// <summary>True, for the same reason.</summary>
    public sealed override bool TakesSeveralLabels => true;

    /// <summary>Checks that there are so many stages, and makes the state for them.</summary>
    /// <exception cref="InvalidOperationException">A network has fewer stages than <see cref="StagePairs"/>.</exception>
    public sealed override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var pairs = PairsOf(context.StudentStages.Count, context.TeacherStages.Count);
        return pairs <= Math.Min(context.StudentStages.Count, context.TeacherStages.Count)
            ? CreateState(FromEnd(context.StudentStages, pairs), FromEnd(context.TeacherStages, pairs))
            : throw new InvalidOperationException(
                $"StagePairs is {StagePairs}, but {FeatureStages.Describe(context)} ({this}).");
    }

    /// <summary>Makes what the objective keeps over a run; null, the default, where it keeps nothing.</summary>
    /// <param name="students">Channels, height and width of the student's stages, the last first.</param>
    /// <param name="teachers">The same of the teacher's, as many.</param>
    protected virtual ObjectiveState? CreateState(IReadOnlyList<ImageShape> students, IReadOnlyList<ImageShape> teachers) => null;

    /// <inheritdoc/>
    protected sealed override Tensor ComputeCore(ObjectiveInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (student, teacher) = (input.Student, input.RequireTeacher());
        var (students, teachers) = Needs.HasFlag(ObjectiveNeeds.PreActivations)
            ? (student.PreActivations, teacher.PreActivations)
            : (student.Features, teacher.Features);
        var pairs = PairsOf(students.Count, teachers.Count);
        return Compare(FromEnd(students, pairs), [.. FromEnd(teachers, pairs).Select(feature => feature.detach())], input);
    }

    /// <summary>Computes the objective, within a dispose scope as <see cref="Objective.ComputeCore"/> does.</summary>
    /// <param name="students">The student's features, the last stage's first, each [N,C,H,W], with gradient.</param>
    /// <param name="teachers">The teacher's, as many, without gradient; channels, height and width may be others.</param>
    /// <param name="input">All that an objective may look at.</param>
    /// <returns>A scalar.</returns>
    protected abstract Tensor Compare(IReadOnlyList<Tensor> students, IReadOnlyList<Tensor> teachers, ObjectiveInput input);

    private int PairsOf(int studentStages, int teacherStages) => StagePairs ?? Math.Min(studentStages, teacherStages);

    private static IReadOnlyList<T> FromEnd<T>(IReadOnlyList<T> stages, int count) => [.. stages.Reverse().Take(count)];
}
