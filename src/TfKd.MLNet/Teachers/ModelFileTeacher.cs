namespace TfKd.MLNet;

/// <summary>
/// A classifier out of a file that <c>mlContext.Model.Save</c> wrote, as the teacher: the file has exactly one
/// <see cref="TorchImageClassificationTransformer"/>, alone or in a pipeline. It teaches as <see cref="ModelTeacher"/> does.
/// </summary>
/// <param name="Path">The file.</param>
/// <example><code>
/// var options = new TorchImageClassificationTrainer.Options
/// {
///     Objective = new CrossEntropy() + new DecoupledKd(),
///     Teacher = new ModelFileTeacher("teacher.zip"),
/// };
/// </code></example>
public sealed record ModelFileTeacher(string Path) : TeacherSource
{
    /// <summary>The file.</summary>
    public string Path { get; init => field = Require.Name(value); } = Require.Name(Path);

    /// <summary>
    /// Which classes the model may know beside the student's. Default: none. With more, the student's classes are taken out of its answers
    /// and renormalised.
    /// </summary>
    public TeacherClasses Classes { get; init => field = Require.Defined(value); }

    /// <summary>
    /// True, for a model that was itself trained on photos that may have several labels; others are refused when they are opened.
    /// </summary>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">ML.NET cannot load the file, or it has no such transformer, or more than one.</exception>
    protected override Teacher OpenCore(TeacherContext context)
    {
        FileTeacher.RequireFile(Path);
        return ModelAsTeacher.Open(SavedModel.ModelOf(Path, "The teacher's file"), context, Classes);
    }
}
