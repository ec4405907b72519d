using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Without a weight of its own the layer has ones, which ONNX's must have.</summary>
internal sealed class LayerNormEmitter : OnnxEmitter<LayerNorm>
{
    protected override string Emit(LayerNorm layer, OnnxLeaf leaf)
    {
        using var scope = NewDisposeScope();
        var weight = leaf.Weights("weight", layer.elementwise_affine ? layer.weight : ones(layer.normalized_shape));
        string[] inputs = [leaf.Input.Name, weight];
        if (layer.bias is { } bias)
            inputs = [.. inputs, leaf.Weights("bias", bias)];
        return leaf.Node("LayerNormalization", inputs, OnnxArgument.Of("axis", -layer.normalized_shape.LongLength),
            OnnxArgument.Of("epsilon", layer.eps));
    }
}
