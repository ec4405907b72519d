namespace TfKd;

/// <summary>
/// Trains networks for teachers, on the rows and by the plan of the run that they will teach in. A run offers it to the teacher that it
/// opens.
/// </summary>
public interface ITeacherTraining
{
    /// <summary>How the student is trained: <c>training.StudentRecipe with { ... }</c> is a recipe that differs in little.</summary>
    TeacherRecipe StudentRecipe { get; }

    /// <summary>
    /// Trains a network, at the size of the student's images unless the recipe says another; the caller disposes it. Each network that is
    /// trained in a run has a seed of its own, and where the run has checkpoints, a folder of its own below theirs: asked for the same
    /// networks in the same order, a resumed run finds those that it trained.
    /// </summary>
    /// <param name="request">What is trained and how.</param>
    /// <exception cref="InvalidOperationException">
    /// The request does not fit together or to the rows; thrown before the first batch.
    /// </exception>
    /// <exception cref="ArithmeticException">The network diverged.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    ImageNetwork Train(TeacherTrainingRequest request);

    /// <summary>
    /// The training rows as a network sees them that reads files (<see cref="TeacherTrainingRequest.ReadsFiles"/>): at its own size,
    /// decoded each time that they are read. The same in all processes and each time that is asked.
    /// </summary>
    /// <param name="request">What is trained and how.</param>
    /// <returns>
    /// Null where it reads none, or where not all rows, those to validate on among them, are images of files that are there: it then sees
    /// the student's images, resized.
    /// </returns>
    IImageSource? GetFileRows(TeacherTrainingRequest request);
}
