using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Writes a TorchSharp module as ONNX: traces one forward pass in evaluation mode through its leaf modules and lets each leaf type's
/// emitter write the nodes. What such a leaf reads are results of others, parameters of a module around it, or what the usual functions
/// make of these between leaves, in place or not: activations, arithmetic, <c>cat</c>, changes of shape, reductions, pools, padding,
/// <c>interpolate</c>, <c>softmax</c>, <c>matmul</c>, norms. Anything else is refused. Modules must be invoked by <c>call</c>.
/// </summary>
public static class OnnxExporter
{
    /// <summary>The version of the operator set that the files use.</summary>
    public const int Opset = 17;

    // The version of ONNX's operators of classical machine learning that has a LabelEncoder of any types.
    private const int MLOpset = 2;

    // The version of the file format that came with opset 17.
    private const int IrVersion = 8;

    /// <summary>Exports to memory.</summary>
    /// <inheritdoc cref="Export(nn.Module{Tensor, Tensor}, OnnxExportOptions, Stream, IReadOnlyList{OnnxEmitter})"/>
    /// <returns>The content of an ONNX file.</returns>
    /// <example><code>
    /// var onnx = OnnxExporter.Export(network, new OnnxExportOptions
    /// {
    ///     InputShape = network.Architecture.InputShape,
    ///     AppendSoftmax = true,
    /// });
    /// File.WriteAllBytes("student.onnx", onnx);
    /// </code></example>
    public static byte[] Export(nn.Module<Tensor, Tensor> module, OnnxExportOptions options, params IReadOnlyList<OnnxEmitter> emitters)
    {
        using var stream = new MemoryStream();
        Export(module, options, stream, emitters);
        return stream.ToArray();
    }

    /// <summary>Exports to a stream.</summary>
    /// <param name="module">
    /// Maps images [N,C,H,W] to scores [N,K]. Its mode, weights and statistics are as before when this returns.
    /// </param>
    /// <param name="options">Shape, names, metadata.</param>
    /// <param name="destination">Where the file's content goes; stays open.</param>
    /// <param name="emitters">Emitters for leaf modules of your own; they go before the built-in ones.</param>
    /// <exception cref="NotSupportedException">
    /// An operation has no ONNX form; the message names the module by its path. Or an embedding is asked for, and the network has none.
    /// </exception>
    public static void Export(
        nn.Module<Tensor, Tensor> module, OnnxExportOptions options, Stream destination, params IReadOnlyList<OnnxEmitter> emitters)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(emitters);
        if (options.InputName == options.OutputName)
            throw new ArgumentException($"InputName and OutputName must differ, but both are '{options.InputName}'.", nameof(options));

        Orientation.RequireFit(options.TestTimeAugmentation, options.InputShape);
        var model = ScalarRace.Survive(() => Trace(module, options, emitters));
        if (model.Length > int.MaxValue)
            throw new NotSupportedException(
                $"The model takes {model.Length:N0} bytes, but an ONNX file holds no more than {int.MaxValue:N0}.");
        model.WriteTo(destination);
    }

    /// <summary>The emitters of an export.</summary>
    internal static IReadOnlyList<OnnxEmitter> WithBuiltIn(IReadOnlyList<OnnxEmitter> emitters) => [.. emitters, .. BuiltInEmitters.All];

    private static ProtoMessage Trace(nn.Module<Tensor, Tensor> module, OnnxExportOptions options, IReadOnlyList<OnnxEmitter> emitters)
    {
        var graph = new OnnxGraph();
        var shape = options.InputShape;
        var input = new OnnxValue(graph.Name(options.InputName), [1, shape.Channels, shape.Height, shape.Width], options.InputType);
        var outputs = new OnnxOutputs(graph, options);
        var orientations = new OnnxOrientations(graph, options.TestTimeAugmentation);
        var tracer = new LeafTracer(graph, WithBuiltIn(emitters));
        var values = outputs.Write(tracer.Trace(module, orientations.Write(input)), tracer.Traced, orientations);
        Rewrite(graph, tracer.Traced, options);
        return ToMessage(graph.ToMessage(module.GetName(), input, values), options);
    }

    private static ProtoMessage ToMessage(ProtoMessage graph, OnnxExportOptions options)
    {
        var model = new ProtoMessage()
            .Integer(1, IrVersion)
            .Text(2, options.ProducerName)
            .Message(7, graph)
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, Opset));
        if (options.LabelEncoders.Count > 0)
            model.Message(8, new ProtoMessage().Text(1, OnnxGraph.MLDomain).Integer(2, MLOpset));
        foreach (var (key, value) in options.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            model.Message(14, new ProtoMessage().Text(1, key).Text(2, value));
        return model;
    }

    private static void Rewrite(OnnxGraph graph, TracedGraph traced, OnnxExportOptions options)
    {
        switch (options.Weights)
        {
            case OnnxWeights.Float16:
                Float16Weights.Apply(graph);
                break;
            case OnnxWeights.Int8:
                var calibration = options.Calibration ?? throw new ArgumentException(
                    "Weights is Int8, but there is no Calibration; expected one that OnnxCalibration.Measure made of the same network.",
                    nameof(options));
                BatchNormFolding.Apply(graph);
                var limit = options.ReduceRange ? ChannelWeights.ReducedLimit : ChannelWeights.Limit;
                IntegerGraph.Apply(graph, calibration.RangesOf(traced), options.FloatLayers, limit);
                break;
        }
    }
}
