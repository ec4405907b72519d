namespace TfKd;

/// <summary>What a run is given beside its plan; the network and the rows stay the caller's.</summary>
/// <param name="Student">The network that learns.</param>
/// <param name="Training">Rows to learn from.</param>
/// <param name="Validation">Rows to choose the best epoch by, or null.</param>
internal sealed record RunData(ImageNetwork Student, IImageSource Training, IImageSource? Validation)
{
    /// <summary>What will be done with the student's scores; null where that is not known.</summary>
    public ScoreUse? Scores { get; init; }

    /// <summary>
    /// Tells the weights that the student came with from others, where they were put into it after <see cref="Trainer"/> had made it; null
    /// where it made them, which the plan tells, or nobody knows.
    /// </summary>
    public string? StudentFingerprint { get; init; }

    /// <summary>How teachers are trained that the run trains first. Default null: as its plan says.</summary>
    public TrainingPlan? PlanOfTeachers { get; init; }

    /// <summary>Whether a teacher is trained, whose checkpoint is for the planned epochs alone. Default false.</summary>
    public bool IsOfTeacher { get; init; }
}
