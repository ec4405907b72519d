using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What an export in 8-bit integers computes in them, found by a trace of the module as it is.</summary>
internal sealed class IntegerTrace
{
    private IntegerTrace(TracedGraph graph, QuantizationPlan plan, IReadOnlyList<OnnxEmitter> emitters)
    {
        (Graph, Emitters) = (graph, emitters);
        Measured = graph.Visible().Where(place => plan.Roots.Contains(graph.ValueAt(place))).ToHashSet();
    }

    /// <summary>The calls of leaves, and the functions between them.</summary>
    public TracedGraph Graph { get; }

    /// <summary>The calls of leaves, in their order.</summary>
    public IReadOnlyList<LeafCall> Calls => Graph.Calls;

    /// <summary>The emitters by which leaves are known, the built-in ones among them.</summary>
    public IReadOnlyList<OnnxEmitter> Emitters { get; }

    /// <summary>The values whose ranges must be known, by their places.</summary>
    public IReadOnlySet<int> Measured { get; }

    /// <summary>Traces a module.</summary>
    /// <param name="module">Maps images [N,C,H,W] to scores.</param>
    /// <param name="shape">The shape of an image.</param>
    /// <param name="emitters">The emitters that the export is given.</param>
    /// <param name="plan">What of the graph is in integers; it holds the graph, with all weights.</param>
    /// <exception cref="NotSupportedException">An operation has no ONNX form, or no layer can be quantised.</exception>
    public static IntegerTrace Of(
        nn.Module<Tensor, Tensor> module, ImageShape shape, IReadOnlyList<OnnxEmitter> emitters, out QuantizationPlan plan)
    {
        var (graph, known) = (new OnnxGraph(), OnnxExporter.WithBuiltIn(emitters));
        var tracer = new LeafTracer(graph, known);
        var input = new OnnxValue(graph.Name("images"), [1, shape.Channels, shape.Height, shape.Width], ScalarType.Byte);
        tracer.Trace(module, input);
        BatchNormFolding.Apply(graph);
        var traced = tracer.Traced;
        var values = traced.Visible().Select(traced.ValueAt).ToHashSet(StringComparer.Ordinal);
        plan = new QuantizationPlan(graph, values.Contains, FloatLayers.None);
        return new(traced, plan, known);
    }
}
