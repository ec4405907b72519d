using System.Globalization;
using System.Text.Json;

namespace TfKd.MLNet;

/// <summary>
/// What stands twice in a model, in its card and in its weights or its ONNX model, compared: a card alone that was changed would swap
/// labels or shift pixels, and nothing else would tell. What one of the two does not say is not compared.
/// </summary>
internal static class ModelConsistency
{
    private const string ClassesKey = "classes";
    private const string InputKey = "input";
    private const string OutputKey = "output";
    private const string ArchitectureKey = "architecture";
    private const string TrainingKey = "training";
    private const string WeightsKey = "weights";
    private const string OnnxModel = "the ONNX model";
    private const string Float32 = nameof(OnnxWeights.Float32);

    /// <exception cref="InvalidDataException">Two of them differ; all differences are listed.</exception>
    public static void Require(ModelCard card, IReadOnlyList<string> classNames, SafeTensorsHeader? weights, OnnxContent? onnx)
    {
        var differences = OfWeights(card, weights).ToList();
        if (Property(card.Architecture, nameof(NetworkArchitecture.InputShape)) is { } shape)
            differences.AddRange(Compare("input shape", "its architecture", card.InputShape.ToString(), ShapeText(shape)));
        differences.AddRange(OfHyperparameters(card));
        differences.AddRange(OfEmbedding(card, onnx));
        if (card.Thresholds is { } thresholds)
            differences.AddRange(Compare("number of thresholds", "its classes", $"{thresholds.Count}", $"{classNames.Count}"));
        if (onnx is not null)
            differences.AddRange(OfOnnx(card, classNames, onnx.Metadata));
        if (differences.Count > 0)
            throw new InvalidDataException(
                $"The card of the model does not say what the rest of it says; the file was changed:\n{string.Join('\n', differences)}");
    }

    private static IEnumerable<string> OfWeights(ModelCard card, SafeTensorsHeader? weights) =>
        weights is not null && NormalizationText.Read(weights.Metadata, WeightParts.Name) is { } statistics
            ? Compare("normalisation", "the weights", card.Normalization.ToString(), statistics.ToString())
            : [];

    /// <summary>
    /// A network is as deep as it has tensors at most, and as wide as the longest of them: what is far from its weights is not built, since
    /// it may take all memory before it could be compared with them. An architecture of the user's own may mean anything by its numbers.
    /// </summary>
    private static IEnumerable<string> OfHyperparameters(ModelCard card)
    {
        if (Property(card.Architecture, "Type")?.ToString().Contains(',', StringComparison.Ordinal) is not false)
            yield break;
        var most = Math.Max(card.Tensors.Count, card.Tensors.Values.SelectMany(shape => shape).DefaultIfEmpty(0).Max());
        foreach (var property in card.Architecture.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Number && property.Value.GetDouble() is var number && number > most)
            {
                var found = FormattableString.Invariant($"the weights have {card.Tensors.Count} tensors, no side above {most}");
                yield return FormattableString.Invariant($"architecture: the card says {property.Name} {number}, {found}");
            }
        }
    }

    // A layer has a weight for each number that it reads: room for more than that is not made.
    private static IEnumerable<string> OfEmbedding(ModelCard card, OnnxContent? onnx)
    {
        const string Name = "size of the embedding";
        var most = card.Tensors.Values.Select(shape => shape.Aggregate(1L, (product, side) => product * side)).DefaultIfEmpty(0).Max();
        if (card.EmbeddingSize > most)
            return Compare(Name, "the weights", $"{card.EmbeddingSize}", $"at most {most}");
        var output = onnx?.Outputs.FirstOrDefault(output => output.Name == OnnxScorer.EmbeddingName);
        return onnx is null ? [] : Compare(Name, OnnxModel, $"{card.EmbeddingSize}", output?.Shape is [.., var size] ? $"{size}" : "0");
    }

    private static IEnumerable<string> OfOnnx(
        ModelCard card, IReadOnlyList<string> classNames, IReadOnlyDictionary<string, string> metadata)
    {
        if (Parse(metadata, ClassesKey) is { ValueKind: JsonValueKind.Array } classes)
        {
            var names = classes.EnumerateArray().Select(name => name.ToString());
            foreach (var line in Compare("classes", OnnxModel, List(classNames), List(names)))
                yield return line;
        }

        var input = Parse(metadata, InputKey);
        var side = (string name) => Property(input, name)?.ToString() ?? "?";
        if (input is not null)
            foreach (var line in Compare(
                "height and width", OnnxModel, $"{card.InputShape.Height}x{card.InputShape.Width}", $"{side("height")}x{side("width")}"))
                yield return line;
        if (Property(Parse(metadata, OutputKey), "temperature") is { ValueKind: JsonValueKind.Number } temperature)
            foreach (var line in Compare("temperature", OnnxModel, Number(card.Temperature), Number(temperature.GetDouble())))
                yield return line;
        if (Parse(metadata, OutputKey) is { } output)
            foreach (var line in Compare("thresholds", OnnxModel, Numbers(card.Thresholds), Numbers(Thresholds(output))))
                yield return line;
        var numbers = metadata.GetValueOrDefault(WeightsKey, Float32);
        foreach (var line in Compare("numbers of the weights", OnnxModel, $"{card.OnnxWeights}", numbers))
            yield return line;
        var orientations = metadata.GetValueOrDefault(OnnxMetadata.OrientationsKey, nameof(TestTimeAugmentation.None));
        foreach (var line in Compare("test-time augmentation", OnnxModel, $"{card.TestTimeAugmentation}", orientations))
            yield return line;
        if (Parse(metadata, ArchitectureKey) is { } architecture && !JsonElement.DeepEquals(architecture, card.Architecture))
            foreach (var line in Compare("architecture", OnnxModel, Compact(card.Architecture), Compact(architecture)))
                yield return line;
        if (Property(Parse(metadata, TrainingKey), nameof(TrainingProvenance.Plan)) is { ValueKind: JsonValueKind.String } plan
            && plan.GetString() != card.Training.Plan)
            yield return "plan of the training: another one in the ONNX model";
    }

    private static IEnumerable<string> Compare(string what, string where, string inCard, string found)
    {
        if (inCard != found)
            yield return $"{what}: the card says {inCard}, {where} {(where.EndsWith('s') ? "say" : "says")} {found}";
    }

    private static JsonElement? Parse(IReadOnlyDictionary<string, string> metadata, string key)
    {
        if (!metadata.TryGetValue(key, out var text))
            return null;
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Metadata of this name that somebody else wrote.
            return null;
        }
    }

    private static JsonElement? Property(JsonElement? json, string name) =>
        json is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty(name, out var property) ? property : null;

    private static string ShapeText(JsonElement shape) => string.Join(
        'x', new[] { nameof(ImageShape.Channels), nameof(ImageShape.Height), nameof(ImageShape.Width) }
            .Select(side => Property(shape, side)?.ToString() ?? "?"));

    private static IEnumerable<double>? Thresholds(JsonElement output) =>
        Property(output, "thresholds") is { ValueKind: JsonValueKind.Array } values
            ? values.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN)
            : null;

    private static string Numbers(IEnumerable<double>? values) => values is null ? "none" : List(values.Select(Number));

    private static string List(IEnumerable<string> names) => $"[{string.Join(", ", names)}]";

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(json, ReflectionJson.Options);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
