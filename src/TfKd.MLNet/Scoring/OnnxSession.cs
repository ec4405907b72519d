using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet;

/// <summary>Opens ONNX models.</summary>
internal static class OnnxSession
{
    /// <param name="model">The content of an ONNX file.</param>
    /// <param name="content">What it says of itself; null where that cannot be read, which ONNX Runtime then tells.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="execution">How it computes; null: as <see cref="OnnxExecution"/> does by default.</param>
    /// <exception cref="InvalidDataException">ONNX Runtime cannot read the model, or it has tensors in other files.</exception>
    /// <exception cref="InvalidOperationException">What is to compute is not there.</exception>
    public static InferenceSession Open(
        ReadOnlyMemory<byte> model, OnnxContent? content, string name, OnnxExecution? execution = null)
    {
        OnnxTelemetry.TurnOffUnlessSet();
        // ONNX Runtime would look for them in the current directory, and no hash of the model is of them.
        content?.RequireOneFile(name);
        using var options = (execution ?? new()).ToSessionOptions();
        try
        {
            return new InferenceSession(ArrayOf(model), options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InvalidDataException($"ONNX Runtime cannot read {name}: {exception.Message}", exception);
        }
    }

    // It is read, not kept and not changed: no copy where it is an array already.
    private static byte[] ArrayOf(ReadOnlyMemory<byte> model) =>
        MemoryMarshal.TryGetArray(model, out var part) && part.Array!.Length == part.Count ? part.Array : model.ToArray();
}
