using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>Loads what <c>mlContext.Model.Save</c> wrote.</summary>
internal static class SavedModel
{
    /// <param name="path">The file, which is there.</param>
    /// <param name="name">What messages call it: "The teacher's file".</param>
    /// <exception cref="InvalidDataException">ML.NET cannot load the file.</exception>
    public static ITransformer Load(string path, string name)
    {
        try
        {
            return new MLContext().Model.Load(path, out _);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // ML.NET wraps what a component throws, and throws of many types by itself.
            throw new InvalidDataException(
                $"{name} '{path}' is no model that ML.NET can load: {exception.GetBaseException().Message}", exception);
        }
    }

    /// <summary>The model of the only one of our transformers in a file.</summary>
    /// <exception cref="InvalidDataException">ML.NET cannot load the file; or there is none, or more than one.</exception>
    public static TorchImageClassificationModel ModelOf(string path, string name)
    {
        var transformer = Load(path, name);
        // What the model itself holds needs no disposing.
        using var loaded = transformer as IDisposable;
        return Single(transformer, path, name);
    }

    /// <summary>The only one of our models in a chain that was loaded.</summary>
    /// <exception cref="InvalidDataException">There is none, or more than one.</exception>
    public static TorchImageClassificationModel Single(ITransformer chain, string path, string name)
    {
        var models = ModelsInChain.Of(chain);
        return models.Count == 1
            ? models[0]
            : throw new InvalidDataException(
                $"{name} '{path}' must have exactly one {nameof(TorchImageClassificationTransformer)}, but has {models.Count}.");
    }
}
