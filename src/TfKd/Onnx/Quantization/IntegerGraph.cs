using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Writes a graph in integers as pairs of QuantizeLinear and DequantizeLinear around operations that look as before: what runtimes know,
/// and fuse into operations on integers.
/// </summary>
internal sealed class IntegerGraph
{
    // Sums of products are of 32 bits, as the bias is that they begin with; it must leave them room.
    private const double LargestBias = 1 << 30;

    private readonly OnnxGraph _graph;
    private readonly OnnxParts _parts;
    private readonly QuantizationPlan _plan;
    private readonly IReadOnlyDictionary<string, ActivationRange> _ranges;
    private readonly int _limit;
    private readonly Dictionary<string, (string Scale, string ZeroPoint)> _grids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _dequantized = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _zeros = [];
    private readonly List<OnnxPart> _result = [];

    private IntegerGraph(OnnxGraph graph, QuantizationPlan plan, IReadOnlyDictionary<string, ActivationRange> ranges, int limit) =>
        (_graph, _plan, _ranges, _limit, _parts) = (graph, plan, ranges, limit, new OnnxParts(graph.Parts));

    /// <param name="graph">A closed graph.</param>
    /// <param name="ranges">The ranges of values between layers.</param>
    /// <param name="floatLayers">Which layers stay as they are.</param>
    /// <param name="limit">The largest weight.</param>
    public static void Apply(
        OnnxGraph graph, IReadOnlyDictionary<string, ActivationRange> ranges, FloatLayers floatLayers, int limit)
    {
        var integers = new IntegerGraph(graph, new QuantizationPlan(graph, ranges.ContainsKey, floatLayers), ranges, limit);
        foreach (var part in graph.Parts)
            integers.Add(part);
        graph.Replace(OnnxParts.WithoutUnread(integers._result));
    }

    private void Add(OnnxPart part)
    {
        if (part is not OnnxOperation operation)
        {
            _result.Add(part);
            return;
        }

        if (_plan.IsFolded(operation))
            return;
        var output = operation.Output;
        if (_plan.IsInteger(operation))
        {
            output = _plan.OutputOf(operation);
            var inputs = QuantizationPlan.HasWeights(operation)
                ? Layer(operation)
                : [.. operation.Inputs.Select(input => _dequantized.GetValueOrDefault(input, input))];
            _result.Add(operation with { Output = output, Inputs = inputs });
        }
        else
        {
            // What was computed in floating point is read as it is.
            var inputs = operation.Inputs.Select(input =>
                _plan.ComesOfIntegers(input) ? _dequantized.GetValueOrDefault(input, input) : input);
            _result.Add(operation with { Inputs = [.. inputs] });
        }

        if (_plan.Values.Contains(output))
            Quantize(output);
    }

    private void Quantize(string value)
    {
        var (scale, zeroPoint) = GridOf(value);
        var quantized = _graph.Name($"{value}.quantized");
        var dequantized = _graph.Name($"{value}.dequantized");
        _result.Add(new OnnxOperation("QuantizeLinear", quantized, [value, scale, zeroPoint], []));
        _result.Add(new OnnxOperation("DequantizeLinear", dequantized, [quantized, scale, zeroPoint], []));
        _dequantized[value] = dequantized;
    }

    private (string Scale, string ZeroPoint) GridOf(string value)
    {
        var root = _plan.RootOf(value);
        if (_grids.TryGetValue(root, out var grid))
            return grid;
        var range = _ranges[root];
        return _grids[root] = (
            Constant($"{root}.scale", OnnxDataType.Float32, [], BitConverter.GetBytes(range.Scale)),
            Constant($"{root}.zero", OnnxDataType.UInt8, [], new[] { range.ZeroPoint }));
    }

    /// <summary>The inputs of a convolution or linear layer, with weights and bias as integers that are read as floating point.</summary>
    private List<string> Layer(OnnxOperation operation)
    {
        var weight = _parts.Constant(operation.Inputs[1])!;
        var isLast = operation.Type == "MatMul";
        var channels = (int)weight.Shape[isLast ? 1 : 0];
        var bias = operation.Inputs.Count > 2 ? _parts.Constant(operation.Inputs[2])! : null;
        var inputScale = _ranges[_plan.RootOf(operation.Inputs[0])].Scale;
        var leastScales = new double[channels];
        if (bias is not null)
            leastScales = Array.ConvertAll(bias.Floats.ToArray(), value => Math.Abs(value) / (inputScale * LargestBias));
        var integers = ChannelWeights.Of(weight.Floats, leastScales, isLast, _limit);
        // ONNX Runtime fuses linear layers only where the zeros are written, and convolutions without them, too.
        var zeros = operation.Type == "Conv" ? null : ZerosOf(channels);
        List<string> inputs =
        [
            _dequantized[operation.Inputs[0]],
            Dequantized(weight, OnnxDataType.Int8, integers.Values, integers.Scales, isLast ? 1 : 0, zeros),
        ];
        if (bias is not null)
        {
            var scales = Array.ConvertAll(integers.Scales, scale => scale * inputScale);
            var values = bias.Floats.ToArray().Zip(scales, (value, scale) => (int)Math.Round((double)value / scale)).ToArray();
            inputs.Add(Dequantized(bias, OnnxDataType.Int32, values, scales, axis: 0, zeros: null));
        }

        return inputs;
    }

    private string ZerosOf(int channels)
    {
        if (!_zeros.TryGetValue(channels, out var zeros))
            _zeros[channels] = zeros = Constant($"zeros{channels}", OnnxDataType.Int8, [channels], new byte[channels]);
        return zeros;
    }

    private string Dequantized<T>(OnnxConstant weight, int dataType, T[] values, float[] scales, long axis, string? zeros)
        where T : unmanaged
    {
        var name = weight.Name;
        var stored = Constant($"{name}.quantized", dataType, weight.Shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        var scale = Constant($"{name}.scale", OnnxDataType.Float32, [scales.Length], MemoryMarshal.AsBytes(scales.AsSpan()).ToArray());
        var output = _graph.Name($"{name}.dequantized");
        string[] inputs = zeros is null ? [stored, scale] : [stored, scale, zeros];
        _result.Add(new OnnxOperation("DequantizeLinear", output, inputs, [OnnxArgument.Of("axis", axis)]));
        return output;
    }

    private string Constant(string nameWish, int dataType, IReadOnlyList<long> shape, byte[] values)
    {
        var name = _graph.Name(nameWish);
        _result.Add(new OnnxConstant(name, dataType, shape, values));
        return name;
    }
}
