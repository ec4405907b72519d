using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Weights are stored as float16, with a Cast to float32 behind them, which a runtime does once when it opens the file. Vectors, such as
/// biases and the statistics of norms, stay as they are: they take little, and a small variance has no place in float16.
/// </summary>
internal static class Float16Weights
{
    public static void Apply(OnnxGraph graph)
    {
        List<OnnxPart> result = [];
        foreach (var part in graph.Parts)
        {
            if (part is OnnxConstant { DataType: OnnxDataType.Float32 } constant && TryHalve(constant) is { } halves)
            {
                var stored = graph.Name($"{constant.Name}.float16");
                result.Add(new OnnxConstant(stored, OnnxDataType.Float16, constant.Shape, halves));
                result.Add(new OnnxOperation("Cast", constant.Name, [stored], [OnnxArgument.Of("to", OnnxDataType.Float32)]));
            }
            else
            {
                result.Add(part);
            }
        }

        graph.Replace(result);
    }

    // Null for what is no matrix, or has numbers beyond float16's.
    private static byte[]? TryHalve(OnnxConstant constant)
    {
        if (constant.Shape.Count(size => size > 1) < 2)
            return null;
        var halves = Array.ConvertAll(constant.Floats.ToArray(), value => (Half)value);
        return Array.TrueForAll(halves, Half.IsFinite) ? MemoryMarshal.AsBytes(halves.AsSpan()).ToArray() : null;
    }
}
