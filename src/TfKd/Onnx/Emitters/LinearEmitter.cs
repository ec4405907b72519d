using TorchSharp.Modules;

namespace TfKd;

internal sealed class LinearEmitter : OnnxEmitter<Linear>
{
    protected override string Emit(Linear layer, OnnxLeaf leaf)
    {
        if (leaf.Input.Shape.Count != 2)
            throw leaf.Refuse($"its input has {leaf.Input.Shape.Count} dimensions, and only [N,features] is known");
        string[] inputs = [leaf.Input.Name, leaf.Weights("weight", layer.weight)];
        if (layer.bias is { } bias)
            inputs = [.. inputs, leaf.Weights("bias", bias)];
        return leaf.Node("Gemm", inputs, OnnxArgument.Of("transB", 1));
    }
}
