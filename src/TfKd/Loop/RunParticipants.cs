namespace TfKd;

/// <summary>Who takes part in a run. They stay their owner's.</summary>
/// <param name="Student">Who learns.</param>
/// <param name="Peer">Who learns beside it, each from the other; null for nobody.</param>
/// <param name="Teacher">Who teaches; null for nobody.</param>
/// <param name="Statistics">Gathers what the teacher says; null where nobody wants to know.</param>
internal sealed record RunParticipants(Learner Student, Learner? Peer, Teacher? Teacher, TeacherStatistics? Statistics)
{
    /// <summary>Student and peer.</summary>
    public IReadOnlyList<Learner> Learners { get; } = Peer is null ? [Student] : [Student, Peer];

    /// <summary>Makes one of what the learners and the teachers of all processes have each for themselves.</summary>
    public void Unite(ReplicaAgreement agreement)
    {
        foreach (var learner in Learners)
            learner.Unite(agreement);
        // One that follows the student has its running statistics, which are of each process's own rows.
        agreement.Average(Teacher?.ReadState().Select(entry => entry.Value) ?? []);
    }
}
