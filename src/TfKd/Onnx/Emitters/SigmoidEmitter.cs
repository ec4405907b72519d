using TorchSharp.Modules;

namespace TfKd;

internal sealed class SigmoidEmitter : OnnxEmitter<Sigmoid>
{
    protected override string Emit(Sigmoid layer, OnnxLeaf leaf) => leaf.Node("Sigmoid", [leaf.Input.Name]);

    protected override bool OverwritesInput(Sigmoid layer) => layer.inplace;
}
