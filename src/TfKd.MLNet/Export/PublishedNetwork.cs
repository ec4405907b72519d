using System.Text.Json;

namespace TfKd.MLNet;

/// <summary>A network whose weights are in a file, as a model.</summary>
internal static class PublishedNetwork
{
    /// <inheritdoc cref="TorchImageClassificationTransformer.Create"/>
    public static TorchImageClassificationModel ToModel(
        NetworkArchitecture network, string weightsPath, IReadOnlyList<string> classNames, ChannelStatistics? normalization,
        bool withEmbedding)
    {
        ArgumentNullException.ThrowIfNull(network);
        Require.Name(weightsPath);
        ArgumentNullException.ThrowIfNull(classNames);
        CheckNames(classNames);
        using var built = network.Build(classNames.Count);
        NetworkWeights.Load(built, weightsPath);
        built.Normalization.Set(normalization ?? NetworkWeights.ReadNormalization(weightsPath) ?? throw new ArgumentException(
            $"'{weightsPath}' does not say what its weights were trained with; give the normalisation, such as "
            + $"{nameof(ChannelStatistics)}.{nameof(ChannelStatistics.ImageNet)} for most networks of ImageNet.",
            nameof(normalization)));
        built.eval();
        var classes = ClassKeys.FromCard(new ClassList("Text", JsonSerializer.SerializeToElement(classNames, ReflectionJson.Options)));
        return NetworkExport.ToModel(
            built,
            classes,
            new TrainingProvenance { Plan = $"None: the weights are those of '{Path.GetFileName(weightsPath)}'" },
            new OnnxForm { WithEmbedding = withEmbedding });
    }

    private static void CheckNames(IReadOnlyList<string> classNames)
    {
        if (classNames.Count < 2)
            throw new ArgumentException($"classNames must have two names or more, but has {classNames.Count}.", nameof(classNames));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < classNames.Count; i++)
        {
            if (string.IsNullOrEmpty(classNames[i]))
                throw new ArgumentException($"classNames must be names, but that of class {i} is empty.", nameof(classNames));
            if (!seen.Add(classNames[i]))
                throw new ArgumentException($"classNames must have each name once, but has '{classNames[i]}' twice.", nameof(classNames));
        }
    }
}
