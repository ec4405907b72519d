using static TorchSharp.torch;

namespace TfKd;

/// <summary>A linear layer along the last of any number of dimensions, which Gemm does not take.</summary>
internal static class MatrixProduct
{
    /// <summary>Writes the nodes and returns the name of the result.</summary>
    /// <param name="leaf">Where to write.</param>
    /// <param name="input">Name of what is multiplied, [...,I].</param>
    /// <param name="prefix">What the names of the constants begin with.</param>
    /// <param name="weight">[O,I]; written transposed, as MatMul wants it.</param>
    /// <param name="bias">[O]; null for none.</param>
    public static string Emit(OnnxLeaf leaf, string input, string prefix, Tensor weight, Tensor? bias)
    {
        using var transposed = weight.t();
        var product = leaf.Node("MatMul", [input, leaf.Weights($"{prefix}weight_transposed", transposed)]);
        return bias is null ? product : leaf.Node("Add", [product, leaf.Weights($"{prefix}bias", bias)]);
    }
}
