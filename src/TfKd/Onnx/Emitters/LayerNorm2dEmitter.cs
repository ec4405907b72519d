namespace TfKd;

/// <summary>ONNX normalises the last dimensions only, so the channels go there and back.</summary>
internal sealed class LayerNorm2dEmitter : OnnxEmitter<LayerNorm2d>
{
    protected override string Emit(LayerNorm2d layer, OnnxLeaf leaf)
    {
        var last = leaf.Node("Transpose", [leaf.Input.Name], OnnxArgument.Of("perm", [0, 2, 3, 1]));
        var normalized = leaf.Node(
            "LayerNormalization", [last, leaf.Weights("weight", layer.Weight), leaf.Weights("bias", layer.Bias)],
            OnnxArgument.Of("axis", -1), OnnxArgument.Of("epsilon", layer.Epsilon));
        return leaf.Node("Transpose", [normalized], OnnxArgument.Of("perm", [0, 3, 1, 2]));
    }
}
