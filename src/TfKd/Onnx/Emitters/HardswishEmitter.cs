using TorchSharp.Modules;

namespace TfKd;

internal sealed class HardswishEmitter : OnnxEmitter<Hardswish>
{
    protected override string Emit(Hardswish layer, OnnxLeaf leaf) => leaf.Node("HardSwish", [leaf.Input.Name]);

    protected override bool OverwritesInput(Hardswish layer) => layer.inplace;
}
