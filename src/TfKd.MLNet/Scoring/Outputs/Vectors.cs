using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Vectors of ML.NET.</summary>
internal static class Vectors
{
    /// <summary>Copies values to a dense vector, into its own memory where that is large enough.</summary>
    public static void Set(ref VBuffer<float> target, ReadOnlySpan<float> values)
    {
        var editor = VBufferEditor.Create(ref target, values.Length);
        values.CopyTo(editor.Values);
        target = editor.Commit();
    }
}
