using Google.Protobuf;
using Google.Protobuf.Collections;
using static Microsoft.ML.Model.OnnxConverter.OnnxCSharpToProtoWrapper;

namespace TfKd.MLNet;

/// <summary>ML.NET takes the names of columns from the ONNX model: it must have names that no user's column has.</summary>
internal static class PortableOnnx
{
    /// <summary>The model with other names for its one input and its one output.</summary>
    public static byte[] Rename(ReadOnlyMemory<byte> onnx, string input, string output)
    {
        var model = ModelProto.Parser.ParseFrom(onnx.ToArray());
        var (oldInput, oldOutput) = (model.Graph.Input.Single().Name, model.Graph.Output.Single().Name);
        (model.Graph.Input[0].Name, model.Graph.Output[0].Name) = (input, output);
        foreach (var node in model.Graph.Node)
        {
            Replace(node.Input, oldInput, input);
            Replace(node.Input, oldOutput, output);
            Replace(node.Output, oldOutput, output);
        }

        return model.ToByteArray();
    }

    private static void Replace(RepeatedField<string> names, string old, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == old)
                names[i] = name;
        }
    }
}
