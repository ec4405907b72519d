using TorchSharp.Modules;

namespace TfKd;

internal sealed class SoftmaxEmitter : OnnxEmitter<Softmax>
{
    protected override string Emit(Softmax layer, OnnxLeaf leaf) =>
        leaf.Node("Softmax", [leaf.Input.Name], OnnxArgument.Of("axis", layer.dim));
}
