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

    /// <summary>A transformer of the model that reads the bytes in the column Image.</summary>
    public static TorchImageClassificationTransformer ToTransformer(TorchImageClassificationModel model) =>
        new(model, new TorchImageClassificationTrainer.Options().OutputColumns);
}
