using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Reads model files.</summary>
internal static class ModelLoader
{
    /// <summary>The classifier of a file, whatever pipeline it stands in and however that calls its columns.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no model, or has no classifier of this library, or more than one.</exception>
    public static TorchImageClassificationModel Load(string path) => File.Exists(path)
        ? SavedModel.ModelOf(path, "The model's file")
        : throw new FileNotFoundException($"There is no file '{path}'; expected a model that 'tfkd train' or Model.Save wrote.", path);

    /// <summary>Refuses a model whose photos may have several labels.</summary>
    /// <param name="model">The model.</param>
    /// <param name="what">What is for one label a photo, as the beginning of a sentence.</param>
    /// <exception cref="InvalidDataException">It is such a model.</exception>
    public static void RequireOneLabel(TorchImageClassificationModel model, string what)
    {
        if (model.Thresholds is not null)
            throw new InvalidDataException(
                $"{what} for one label a photo, but the model's photos may have several; measure it in a program, by EvaluateMultiLabel.");
    }

    /// <summary>A transformer of the model that reads the bytes in the column Image.</summary>
    public static TorchImageClassificationTransformer ToTransformer(TorchImageClassificationModel model) =>
        new(model, new TorchImageClassificationTrainer.Options().OutputColumns);
}
