using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>
/// A classifier out of a file that <c>mlContext.Model.Save</c> wrote, as the teacher: the file has exactly one
/// <see cref="TorchImageClassificationTransformer"/>, alone or in a pipeline. It teaches as <see cref="ModelTeacher"/> does.
/// </summary>
/// <param name="Path">The file.</param>
public sealed record ModelFileTeacher(string Path) : TeacherSource
{
    /// <summary>The file.</summary>
    public string Path { get; init => field = Require.Name(value); } = Require.Name(Path);

    /// <summary>
    /// Which classes the model may know beside the student's. Default: none. With more, the student's classes are taken out of its answers
    /// and renormalised.
    /// </summary>
    public TeacherClasses Classes { get; init => field = Require.Defined(value); }

    /// <inheritdoc/>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">ML.NET cannot load the file, or it has no such transformer, or more than one.</exception>
    protected override Teacher OpenCore(TeacherContext context)
    {
        FileTeacher.RequireFile(Path);
        var transformer = Load();
        // What the model itself holds needs no disposing.
        using var loaded = transformer as IDisposable;
        var models = ModelsInChain.Of(transformer);
        return models.Count == 1
            ? models[0].OpenTeacher(context, Classes)
            : throw new InvalidDataException(
                $"The teacher's file '{Path}' must have exactly one {nameof(TorchImageClassificationTransformer)}, but has "
                + $"{models.Count}.");
    }

    private ITransformer Load()
    {
        try
        {
            return new MLContext().Model.Load(Path, out _);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // ML.NET wraps what a component throws, and throws of many types by itself.
            throw new InvalidDataException(
                $"The teacher's file '{Path}' is no model that ML.NET can load: {exception.GetBaseException().Message}", exception);
        }
    }
}
