using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace TfKd.MLNet;

/// <summary>The card of a model for people: Markdown that any viewer shows.</summary>
internal static class ModelCardText
{
    private const int LatencyRuns = 30;

    // Running statistics of batch norms are no parameters, nor is their counter.
    private static readonly string[] NoParameters = [".running_mean", ".running_var", ".num_batches_tracked"];

    /// <summary>One line: what it is, and how good.</summary>
    public static string Summary(TorchImageClassificationModel model)
    {
        var metrics = string.Join(
            ", ", model.Card.Training.Metrics.Select(metric => Invariant($"{metric.Name} {metric.Value:0.###} ({metric.Split})")));
        var network = $"{ArchitectureName(model)} for {model.InputShape} images";
        var size = Invariant($"{model.ClassNames.Count} classes, {ParameterCount(model):N0} parameters");
        return $"{network}, {size}{(metrics.Length > 0 ? $"; {metrics}" : "")}";
    }

    /// <param name="model">The model.</param>
    /// <param name="latency">
    /// Median time of one image, decoded and of the network's size, on the machine at hand; null: it was not measured.
    /// </param>
    public static string Markdown(TorchImageClassificationModel model, TimeSpan? latency)
    {
        var training = model.Card.Training;
        var text = new StringBuilder();
        Line(text, Invariant($"# {ArchitectureName(model)}, {model.ClassNames.Count} classes"));
        Line(text, "");
        foreach (var fact in Facts(model, latency))
            Line(text, $"- {fact}");

        var rows = Rows(model).Select(row => new[] { row.Class, row.Training, row.Validation });
        var metrics = training.Metrics.Select(metric => new[] { metric.Name, metric.Split, Invariant($"{metric.Value:0.####}") });
        Table(text, "Data", ["class", "training rows", "validation rows"], rows);
        Table(text, "Metrics", ["metric", "rows", "value"], metrics);
        Block(text, "Plan", training.Plan);
        if (training.TeacherReport is { } report)
            Block(text, "Teacher", report.ToString());
        return text.ToString();
    }

    private static IEnumerable<string> Facts(TorchImageClassificationModel model, TimeSpan? latency)
    {
        var (card, parameters) = (model.Card, ParameterCount(model));
        // In one line, however it stands in the file.
        yield return $"Architecture: `{JsonSerializer.Serialize(card.Architecture, ReflectionJson.Options)}`";
        yield return Invariant($"Input: {model.InputShape}, pixels 0 to 255, normalised inside by {model.Normalization}");
        yield return Invariant(
            $"Parameters: {parameters:N0}; ") +
                (model.HasWeights ? Invariant($"weights {model.WeightParts.Length:N0} bytes, ") : "weights left out, ") +
                (model.HasOnnx ? Invariant($"ONNX {model.Onnx.Length:N0} bytes") : "no ONNX model");
        if (latency is { } time)
        {
            var runtime = model.HasOnnx ? "ONNX Runtime" : "Torch";
            var machine = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}";
            yield return Invariant(
                $"Latency: {time.TotalMilliseconds:0.00} ms an image in {runtime}, batch 1, median of {LatencyRuns}, {machine}");
        }

        foreach (var fact in ScoreFacts(model))
            yield return fact;
        yield return "Identity of the plan: " + (card.Training.PlanIdentity
            ?? "none; a member of it has no text that tells it from others, or the file is of an older version");
        yield return Invariant($"Seed: {card.Training.Seed}");
        yield return $"Versions: {string.Join(", ", card.Training.Versions.Select(version => $"{version.Key} {version.Value}"))}";
        yield return $"SHA-256 of the weights: {card.WeightsSha256}";
    }

    private static IEnumerable<string> ScoreFacts(TorchImageClassificationModel model)
    {
        var card = model.Card;
        if (card.OnnxWeights != OnnxWeights.Float32)
            yield return $"Scores in numbers of {card.OnnxWeights}{(card.Training.Quantization is { } report ? $": {report}" : "")}";
        if (card.EmbeddingSize > 0)
            yield return Invariant($"Embedding: {card.EmbeddingSize} numbers an image, beside the scores");
        if (card.TestTimeAugmentation != TestTimeAugmentation.None)
        {
            var count = Orientation.Of(card.TestTimeAugmentation).Count;
            yield return $"Looks at each image in {count} orientations: {card.TestTimeAugmentation}";
        }

        yield return model.Temperature == 1
            ? "Scores: not calibrated"
            : Invariant($"Scores: calibrated, logits divided by {model.Temperature:0.###}");
        if (model.Thresholds is { } thresholds)
            yield return "Several labels a photo, each from its threshold on: " + string.Join(
                ", ", model.ClassNames.Zip(thresholds, (name, threshold) => Invariant($"{name} {threshold:0.###}")));
        if (model.Rejection is { } rejection)
        {
            var label = rejection.Label is null ? "no label" : $"'{rejection.Label}'";
            yield return Invariant($"Rejected below a score of {rejection.Threshold:0.###}: {label}");
        }
    }

    /// <summary>Runs the network on one black image.</summary>
    public static TimeSpan Latency(TorchImageClassificationModel model)
    {
        using var scorer = model.OpenScorer();
        var (image, scores) = (new byte[model.InputShape.ByteCount], new float[model.ClassNames.Count]);
        // The first runs allocate.
        for (var run = 0; run < 3; run++)
            scorer.Score(image, 1, scores, embeddings: default);
        var times = new TimeSpan[LatencyRuns];
        for (var run = 0; run < times.Length; run++)
        {
            var start = Stopwatch.GetTimestamp();
            scorer.Score(image, 1, scores, embeddings: default);
            times[run] = Stopwatch.GetElapsedTime(start);
        }

        return times.Order().ElementAt(LatencyRuns / 2);
    }

    // Models of older files have classes, but no counts.
    private static IEnumerable<(string Class, string Training, string Validation)> Rows(TorchImageClassificationModel model)
    {
        var rows = model.Card.Training.Rows;
        return rows.Count > 0
            ? rows.Select(row => (row.Class, Invariant($"{row.Training}"), Invariant($"{row.Validation}")))
            : model.ClassNames.Select(name => (name, "not known", "not known"));
    }

    private static string ArchitectureName(TorchImageClassificationModel model) =>
        model.Card.Architecture.GetProperty("Type").GetString()!.Split(',')[0].Split('.')[^1];

    private static long ParameterCount(TorchImageClassificationModel model) => model.Card.Tensors
        .Where(tensor => !NoParameters.Any(ending => tensor.Key.EndsWith(ending, StringComparison.Ordinal)))
        .Sum(tensor => tensor.Value.Aggregate(1L, (product, size) => product * size));

    private static void Table(StringBuilder text, string title, string[] columns, IEnumerable<string[]> rows)
    {
        Line(text, Invariant($"\n## {title}\n"));
        Line(text, Invariant($"| {string.Join(" | ", columns)} |"));
        Line(text, Invariant($"|{string.Concat(columns.Select(_ => "---|"))}"));
        foreach (var row in rows)
            Line(text, Invariant($"| {string.Join(" | ", row.Select(Escape))} |"));
    }

    private static void Block(StringBuilder text, string title, string content) =>
        Line(text, Invariant($"\n## {title}\n\n```\n{content.TrimEnd()}\n```"));

    // Names of classes are the user's, and may have what makes a cell end.
    private static string Escape(string cell) => cell.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
