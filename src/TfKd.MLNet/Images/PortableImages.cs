using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What a chain of ML.NET's own transformers needs for a kind of image column.</summary>
/// <param name="Column">The kind, as users choose it.</param>
/// <param name="Type">The type of the column.</param>
/// <param name="Load">
/// Makes the step that loads an MLImage, from the context and the names of output and input; null where the column holds it already.
/// </param>
internal sealed record PortableImages(
    PortableImageColumn Column, DataViewType Type, Func<MLContext, string, string, IEstimator<ITransformer>>? Load = null);
