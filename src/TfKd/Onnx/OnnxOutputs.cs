using static TorchSharp.torch;

namespace TfKd;

/// <summary>What an exported graph returns: the scores, and beside them what else is asked for.</summary>
internal sealed class OnnxOutputs
{
    public const string TopScoresName = "top_scores";
    public const string TopIndicesName = "top_indices";

    private readonly OnnxGraph _graph;
    private readonly OnnxExportOptions _options;

    /// <summary>Takes the names, before any layer does.</summary>
    /// <exception cref="ArgumentException">
    /// Two of them are the same, or one is the input's; or the scores are to be a softmax and sigmoids at once.
    /// </exception>
    public OnnxOutputs(OnnxGraph graph, OnnxExportOptions options)
    {
        (_graph, _options) = (graph, options);
        if (options is { AppendSoftmax: true, AppendSigmoid: true })
            throw new ArgumentException(
                $"{nameof(options.AppendSoftmax)} and {nameof(options.AppendSigmoid)} are both set; expected one of them at most.",
                nameof(options));
        foreach (var name in Names(options))
        {
            if (graph.Name(name) != name)
                throw new ArgumentException($"Input and outputs must have names of their own, but two are '{name}'.", nameof(options));
        }
    }

    /// <summary>Writes what makes the outputs of the network's result.</summary>
    /// <param name="result">What the network returned.</param>
    /// <param name="traced">What computes it.</param>
    /// <param name="orientations">In which orientations the network looked at the images.</param>
    /// <returns>The outputs, in the order of the file.</returns>
    /// <exception cref="NotSupportedException">There is no embedding.</exception>
    public IReadOnlyList<OnnxValue> Write(OnnxValue result, TracedGraph traced, OnnxOrientations orientations)
    {
        var logits = AddSettings(orientations.Average(result));
        // A node of its own gives the output its name, whichever leaf made it; runtimes remove an Identity.
        var scores = logits with { Name = _options.OutputName };
        _graph.Close(_options.AppendSoftmax ? "Softmax" : _options.AppendSigmoid ? "Sigmoid" : "Identity", [logits.Name], scores);
        List<OnnxValue> outputs = [scores];
        if (_options.EmbeddingName is { } name)
        {
            var embedding = orientations.Average(OnnxEmbedding.Write(_graph, result, traced));
            outputs.Add(embedding with { Name = name });
            _graph.Close("Identity", [embedding.Name], outputs[^1]);
        }

        if (_options.TopK > 0)
            outputs.AddRange(WriteTop(scores));
        return outputs;
    }

    private OnnxValue AddSettings(OnnxValue result)
    {
        if (_options.Temperature != 1)
        {
            var inverse = _graph.Scalar("inverse_temperature", (float)(1 / _options.Temperature));
            result = result with { Name = _graph.Node("Mul", "calibrated", [result.Name, inverse], []) };
        }

        foreach (var (name, keys) in _options.LabelEncoders.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            _graph.LabelEncoder(name, keys);
        return result;
    }

    private OnnxValue[] WriteTop(OnnxValue scores)
    {
        var count = Math.Min(_options.TopK, scores.Shape[^1]);
        OnnxValue[] outputs =
        [
            new(TopScoresName, [1, count], ScalarType.Float32),
            new(TopIndicesName, [1, count], ScalarType.Int64),
        ];
        // By default the largest along the last dimension, sorted; of equal ones the first comes first.
        _graph.Close("TopK", [scores.Name, _graph.Integers("top_count", [count])], outputs);
        return outputs;
    }

    private static IEnumerable<string> Names(OnnxExportOptions options) =>
    [
        options.OutputName,
        .. options.EmbeddingName is { } name ? new[] { name } : [],
        .. options.TopK > 0 ? new[] { TopScoresName, TopIndicesName } : [],
    ];
}
