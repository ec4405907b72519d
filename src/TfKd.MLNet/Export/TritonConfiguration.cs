using System.Text;
using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet;

/// <summary>The config.pbtxt of a model in a repository of Triton Inference Server.</summary>
internal static class TritonConfiguration
{
    /// <summary>The file that has a class name a line, in the order of the scores.</summary>
    public const string LabelsFile = "labels.txt";

    // What one computation of the server takes at most; requests beyond it are refused, smaller ones are gathered up to it.
    private const int MostImages = 32;

    /// <summary>Writes the text.</summary>
    /// <param name="name">The model's name, that of its folder.</param>
    /// <param name="session">The network, which says what goes in and comes out.</param>
    public static string Write(string name, InferenceSession session)
    {
        var text = new StringBuilder();
        text.Append($"name: \"{name}\"\n");
        text.Append("platform: \"onnxruntime_onnx\"\n");
        text.Append($"max_batch_size: {MostImages}\n");
        Append(text, "input", session.InputMetadata);
        Append(text, "output", session.OutputMetadata);
        // Images of several requests are scored together, without waiting for more.
        text.Append("dynamic_batching { }\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, string kind, IReadOnlyDictionary<string, NodeMetadata> tensors)
    {
        foreach (var (name, tensor) in tensors)
        {
            text.Append($"{kind} {{\n  name: \"{name}\"\n  data_type: {TypeOf(name, tensor.ElementType)}\n");
            // The number of images is the server's.
            text.Append($"  dims: [ {string.Join(", ", tensor.Dimensions[1..])} ]\n");
            if (kind == "output" && name == OnnxScorer.OutputName)
                text.Append($"  label_filename: \"{LabelsFile}\"\n");
            text.Append("}\n");
        }
    }

    private static string TypeOf(string name, Type type) =>
        type == typeof(byte) ? "TYPE_UINT8"
        : type == typeof(float) ? "TYPE_FP32"
        : type == typeof(long) ? "TYPE_INT64"
        : throw new NotSupportedException($"'{name}' of the ONNX model has values of {type}, for which no type of Triton is known here.");
}
