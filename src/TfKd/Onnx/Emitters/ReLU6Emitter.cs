using TorchSharp.Modules;

namespace TfKd;

internal sealed class ReLU6Emitter : OnnxEmitter<ReLU6>
{
    protected override string Emit(ReLU6 layer, OnnxLeaf leaf) =>
        leaf.Node("Clip", [leaf.Input.Name, leaf.Scalar("min", 0), leaf.Scalar("max", 6)]);

    protected override bool OverwritesInput(ReLU6 layer) => layer.inplace;
}
