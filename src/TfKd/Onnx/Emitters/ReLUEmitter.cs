using TorchSharp.Modules;

namespace TfKd;

internal sealed class ReLUEmitter : OnnxEmitter<ReLU>
{
    protected override string Emit(ReLU layer, OnnxLeaf leaf) => leaf.Node("Relu", [leaf.Input.Name]);

    protected override bool OverwritesInput(ReLU layer) => layer.inplace;
}
