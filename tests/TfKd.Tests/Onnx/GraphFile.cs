using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>A module's graph as a file, after a pass over it that an export does not offer by itself.</summary>
internal static class GraphFile
{
    public static byte[] Write(nn.Module<Tensor, Tensor> module, ImageShape shape, Action<OnnxGraph> pass)
    {
        var graph = new OnnxGraph();
        var input = new OnnxValue(graph.Name("images"), [1, shape.Channels, shape.Height, shape.Width], ScalarType.Byte);
        var name = graph.Name("scores");
        var result = new LeafTracer(graph, OnnxExporter.WithBuiltIn([])).Trace(module, input);
        var output = result with { Name = name };
        graph.Close("Identity", [result.Name], output);
        pass(graph);
        using var file = new MemoryStream();
        new ProtoMessage().Integer(1, 8).Message(7, graph.ToMessage("graph", input, [output]))
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, OnnxExporter.Opset)).WriteTo(file);
        return file.ToArray();
    }
}
