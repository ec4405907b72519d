using TorchSharp.Modules;

namespace TfKd;

/// <summary>Gemm for a row of numbers a sample; for more dimensions a product along the last one.</summary>
internal sealed class LinearEmitter : OnnxEmitter<Linear>
{
    protected override string Emit(Linear layer, OnnxLeaf leaf)
    {
        if (leaf.Input.Shape.Count != 2)
            return MatrixProduct.Emit(leaf, leaf.Input.Name, "", layer.weight, layer.bias);
        string[] inputs = [leaf.Input.Name, leaf.Weights("weight", layer.weight)];
        if (layer.bias is { } bias)
            inputs = [.. inputs, leaf.Weights("bias", bias)];
        return leaf.Node("Gemm", inputs, OnnxArgument.Of("transB", 1));
    }
}
