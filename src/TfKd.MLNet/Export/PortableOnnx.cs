using Google.Protobuf;
using Google.Protobuf.Collections;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;

namespace TfKd.MLNet;

/// <summary>ML.NET takes the names of columns from the ONNX model: it must have names that no user's column has.</summary>
internal static class PortableOnnx
{
    /// <summary>The model with other names for its one input and for its outputs, in their order.</summary>
    /// <param name="onnx">The model.</param>
    /// <param name="input">The input's.</param>
    /// <param name="outputs">The outputs'.</param>
    /// <param name="withSlotNames">Whether the names of an output's columns go with it; otherwise nobody finds them.</param>
    public static byte[] Rename(ReadOnlyMemory<byte> onnx, string input, IReadOnlyList<string> outputs, bool withSlotNames)
    {
        var model = ModelProto.Parser.ParseFrom(onnx.ToArray());
        var graph = model.Graph;
        var names = graph.Output.Zip(outputs).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
        names[graph.Input.Single().Name] = input;
        foreach (var value in graph.Input.Concat(graph.Output))
            value.Name = names[value.Name];
        foreach (var node in graph.Node)
        {
            Replace(node.Input, names);
            Replace(node.Output, names);
            foreach (var (before, now) in withSlotNames ? names : [])
            {
                if (node.Name == OnnxMetadata.SlotNamesOf(before))
                    node.Name = OnnxMetadata.SlotNamesOf(now);
            }
        }

        return model.ToByteArray();
    }

    private static void Replace(RepeatedField<string> names, Dictionary<string, string> others)
    {
        for (var i = 0; i < names.Count; i++)
            names[i] = others.GetValueOrDefault(names[i], names[i]);
    }
}
