using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Batch norms become part of the convolution before them, where nothing else reads what that returns: a channel's weights are multiplied
/// by gamma / sqrt(variance + epsilon), and its bias follows. Computed in float64.
/// </summary>
internal static class BatchNormFolding
{
    public static void Apply(OnnxGraph graph)
    {
        var parts = new OnnxParts(graph.Parts);
        var norms = new Dictionary<string, OnnxOperation>(StringComparer.Ordinal);
        foreach (var norm in parts.Operations.Where(operation => operation.Type == "BatchNormalization"))
        {
            if (parts.Producer(norm.Inputs[0]) is { Type: "Conv" } convolution && parts.OnlyReader(convolution.Output) == norm
                && parts.Constant(convolution.Inputs[1]) is not null)
                norms[convolution.Output] = norm;
        }

        var folded = norms.Values.Select(norm => norm.Output).ToHashSet(StringComparer.Ordinal);
        List<OnnxPart> result = [];
        foreach (var part in graph.Parts)
        {
            if (part is OnnxOperation operation && norms.TryGetValue(operation.Output, out var norm))
                result.AddRange(Fold(graph, parts, operation, norm));
            else if (part is not OnnxOperation { Type: "BatchNormalization" } other || !folded.Contains(other.Output))
                result.Add(part);
        }

        graph.Replace(OnnxParts.WithoutUnread(result));
    }

    private static IEnumerable<OnnxPart> Fold(OnnxGraph graph, OnnxParts parts, OnnxOperation convolution, OnnxOperation norm)
    {
        var weight = parts.Constant(convolution.Inputs[1])!;
        var bias = convolution.Inputs.Count > 2 ? parts.Constant(convolution.Inputs[2])!.Floats.ToArray() : null;
        var (gamma, beta) = (Of(1), Of(2));
        var (mean, variance) = (Of(3), Of(4));
        var epsilon = norm.Number("epsilon", 1e-5f);
        var weights = weight.Floats.ToArray();
        var biases = new float[gamma.Length];
        var size = weights.Length / gamma.Length;
        for (var channel = 0; channel < gamma.Length; channel++)
        {
            var factor = gamma[channel] / Math.Sqrt((double)variance[channel] + epsilon);
            foreach (ref var value in weights.AsSpan(channel * size, size))
                value = (float)(value * factor);
            biases[channel] = (float)(((bias?[channel] ?? 0.0) - mean[channel]) * factor + beta[channel]);
        }

        var (weightName, biasName) = (graph.Name($"{weight.Name}.folded"), graph.Name($"{norm.Output}.folded"));
        yield return new OnnxConstant(weightName, OnnxDataType.Float32, weight.Shape, Bytes(weights)) { Key = weight.Key };
        yield return new OnnxConstant(biasName, OnnxDataType.Float32, [biases.Length], Bytes(biases));
        yield return convolution with { Output = norm.Output, Inputs = [convolution.Inputs[0], weightName, biasName] };

        float[] Of(int input) => parts.Constant(norm.Inputs[input])!.Floats.ToArray();
    }

    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
