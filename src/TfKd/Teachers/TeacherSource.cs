namespace TfKd;

/// <summary>Where the target distributions come from: a plain value that a training run opens. Deriving a record brings a teacher of your own.</summary>
public abstract record TeacherSource
{
    /// <summary>Opens the teacher; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">The teacher does not fit the student's classes or images.</exception>
    public abstract ITeacher Open(TeacherContext context);
}
