using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>Finds our classifiers in a chain of ML.NET.</summary>
internal static class ModelsInChain
{
    /// <summary>The models of all our transformers in a chain, however deep.</summary>
    public static IReadOnlyList<TorchImageClassificationModel> Of(ITransformer transformer) =>
        [.. Flatten(transformer).OfType<IPredictionTransformer<TorchImageClassificationModel>>().Select(found => found.Model)];

    /// <summary>The model of the only one.</summary>
    /// <param name="transformer">Our transformer, or a chain.</param>
    /// <param name="name">What the caller calls it.</param>
    /// <exception cref="ArgumentException">There is none, or more than one.</exception>
    public static TorchImageClassificationModel Single(ITransformer transformer, string name)
    {
        ArgumentNullException.ThrowIfNull(transformer, name);
        var models = Of(transformer);
        return models.Count == 1
            ? models[0]
            : throw new ArgumentException(
                $"Expected a {nameof(TorchImageClassificationTransformer)}, or a chain with exactly one, but " +
                $"{transformer.GetType().Name} has {models.Count}.",
                name);
    }

    /// <summary>The parts of a chain, however deep, in their order.</summary>
    public static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];
}
