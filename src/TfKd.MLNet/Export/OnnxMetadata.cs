using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What an exported model says of itself: all that a program needs that has nothing but the file.</summary>
internal static class OnnxMetadata
{
    /// <summary>
    /// Under which key the metadata say that a model file with this network has a hash over all of its entries: a file that has none was
    /// changed, whatever version it claims.
    /// </summary>
    public const string SealKey = "sealed";

    /// <summary>
    /// Under which key the metadata say in which numbers weights are, as a name of <see cref="OnnxWeights"/>; without it they are float32.
    /// </summary>
    public const string WeightsKey = "weights";

    /// <summary>
    /// Under which key the metadata say in which orientations the network looks at images, as a name of <see cref="TestTimeAugmentation"/>;
    /// without it as they are.
    /// </summary>
    public const string OrientationsKey = "test_time_augmentation";

    /// <summary>
    /// The names of an output's columns, where ML.NET's OnnxTransformer looks for them: the keys of a LabelEncoder of this name.
    /// </summary>
    public static Dictionary<string, IReadOnlyList<string>> SlotNames(string output, ClassKeys classes) =>
        new() { [SlotNamesOf(output)] = classes.Names };

    /// <summary>The name of the LabelEncoder that has the names of an output's columns.</summary>
    public static string SlotNamesOf(string output) => $"mlnet.{output}.{AnnotationUtils.Kinds.SlotNames}";

    /// <summary>The <c>metadata_props</c>.</summary>
    /// <param name="network">What was trained, at the size of the images.</param>
    /// <param name="classes">The classes.</param>
    /// <param name="training">Where the model comes from; null before it was trained.</param>
    /// <param name="form">In which form it is.</param>
    public static Dictionary<string, string> Of(
        ImageNetwork network, ClassKeys classes, TrainingProvenance? training, OnnxForm form)
    {
        var shape = network.Architecture.InputShape;
        var metadata = new Dictionary<string, string>
        {
            ["classes"] = Json(classes.Names),
            ["input"] = Json(new
            {
                layout = "NCHW",
                type = form.InputType == OnnxInputType.Bytes ? "uint8" : "float32",
                channels = shape.Channels switch { 1 => "grey", 3 => "RGB", var count => count.ToString(CultureInfo.InvariantCulture) },
                height = shape.Height,
                width = shape.Width,
                range = "0 to 255; normalisation is inside",
                resize = "upright by EXIF, scaled in proportion until the size is covered, cropped around the centre; " +
                    "averaging when shrinking, bicubic when growing; transparency on white",
            }),
            ["output"] = form.Thresholds is { } thresholds
                ? Json(new
                {
                    values = "one probability a class, sigmoid is inside; a class is a label from its threshold on",
                    temperature = form.Temperature,
                    thresholds,
                })
                : Json(new { values = "probabilities, softmax is inside", temperature = form.Temperature }),
            ["architecture"] = ArchitectureJson.Write(network.Architecture).ToString(),
        };
        metadata[SealKey] = "sha256";
        AddForm(metadata, network, form);
        if (training is not null)
            metadata["training"] = Json(new { training.Plan, training.Seed, training.Metrics, training.Versions });
        return metadata;
    }

    // Each only where it is not the default: a file without is what it was before there were any.
    private static void AddForm(Dictionary<string, string> metadata, ImageNetwork network, OnnxForm form)
    {
        if (form.Numbers.Weights != OnnxWeights.Float32)
            metadata[WeightsKey] = form.Numbers.Weights.ToString();
        if (network.TestTimeAugmentation != TestTimeAugmentation.None)
            metadata[OrientationsKey] = network.TestTimeAugmentation.ToString();
        if (form.WithEmbedding)
            metadata["embedding"] = Json(new { values = "what the last layer with weights reads; not scaled to any length" });
        if (form.TopK > 0)
            metadata["top"] = Json(new { top_scores = "the highest of the scores, falling", top_indices = "their places in classes" });
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, ReflectionJson.Options);
}
