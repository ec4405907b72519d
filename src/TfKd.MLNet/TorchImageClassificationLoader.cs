using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TfKd.MLNet;

[assembly: LoadableClass(
    typeof(TorchImageClassificationTransformer), typeof(TorchImageClassificationLoader), null, typeof(SignatureLoadModel),
    "Torch image classification", ModelFile.LoaderSignature)]

namespace TfKd.MLNet;

/// <summary>
/// Makes the transformer of a model file. ML.NET finds this class by the attribute above, so that Model.Load works in a program that has
/// not touched this library yet.
/// </summary>
internal static class TorchImageClassificationLoader
{
    /// <summary>Called by ML.NET.</summary>
    /// <exception cref="InvalidDataException">An entry is missing or damaged, or the entries do not belong together.</exception>
    public static TorchImageClassificationTransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var (model, columns) = ModelFile.Load(context);
        return new TorchImageClassificationTransformer(model, columns);
    }
}
