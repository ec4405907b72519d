using TorchSharp.Modules;

namespace TfKd;

/// <summary>x times its sigmoid.</summary>
internal sealed class SiLUEmitter : OnnxEmitter<SiLU>
{
    protected override string Emit(SiLU layer, OnnxLeaf leaf) =>
        leaf.Node("Mul", [leaf.Input.Name, leaf.Node("Sigmoid", [leaf.Input.Name])]);

    protected override bool OverwritesInput(SiLU layer) => layer.inplace;
}
