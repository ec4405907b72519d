using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The embedding of an image: what the layer reads that makes the logits. It is found from the network's result backwards: what stands
/// behind that layer, activations and poolings, reads one computed value each.
/// </summary>
internal static class OnnxEmbedding
{
    /// <summary>Writes what makes the embedding of what that layer reads; where it is a vector, nothing.</summary>
    /// <param name="graph">The graph, as the trace left it.</param>
    /// <param name="result">What the network returned.</param>
    /// <param name="traced">What computes it.</param>
    /// <exception cref="NotSupportedException">The logits are not made by one layer of one vector or map.</exception>
    public static OnnxValue Write(OnnxGraph graph, OnnxValue result, TracedGraph traced)
    {
        var parts = new OnnxParts(graph.Parts);
        var head = FindHead(parts, result.Name);
        var (input, weights) = (head.Inputs[0], parts.Constant(head.Inputs[1])!.Shape);
        switch (head.Type)
        {
            case "Conv":
                var pooled = graph.Node("Flatten", "pooled", [graph.Node("GlobalAveragePool", "pool", [input], [])], []);
                return new(pooled, [1, weights[1] * head.Integer("group", 1)], ScalarType.Float32);
            case "MatMul" when ShapeOf(input, traced) is { } shape && shape.Count != 2:
                throw Refuse($"'{head.Output}', which makes its logits, reads [N,{string.Join(',', shape.Skip(1))}]");
            default:
                return new(input, [1, weights[head.Type == "Gemm" ? (int)head.Integer("transB", 0) : 0]], ScalarType.Float32);
        }
    }

    private static OnnxOperation FindHead(OnnxParts parts, string value)
    {
        while (parts.Producer(value) is { } operation)
        {
            if (operation.Type is "Gemm" or "MatMul" or "Conv" && parts.Constant(operation.Inputs[0]) is null
                && parts.Constant(operation.Inputs[1]) is not null)
                return operation;
            var computed = operation.Inputs.Where(input => input.Length > 0 && parts.Constant(input) is null).Distinct().ToList();
            if (computed.Count != 1)
                throw Refuse($"{operation.Type} '{operation.Output}' makes its logits of {computed.Count} computed values");
            value = computed[0];
        }

        throw Refuse("no layer with weights makes its logits");
    }

    private static IReadOnlyList<long>? ShapeOf(string value, TracedGraph traced) =>
        traced.Calls.FirstOrDefault(call => call.Value == value)?.Shape
        ?? traced.Functions.FirstOrDefault(function => function.Value == value)?.Shape;

    private static NotSupportedException Refuse(string found) => new(
        $"An embedding is asked for, but the network has none: {found}. Expected one Linear or Conv2d that makes the logits, alone, of one "
        + "vector or map an image.");
}
