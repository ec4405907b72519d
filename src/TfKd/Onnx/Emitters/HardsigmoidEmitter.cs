using TorchSharp.Modules;

namespace TfKd;

/// <summary>ONNX's own slope is a fifth, Torch's a sixth.</summary>
internal sealed class HardsigmoidEmitter : OnnxEmitter<Hardsigmoid>
{
    protected override string Emit(Hardsigmoid layer, OnnxLeaf leaf) =>
        leaf.Node("HardSigmoid", [leaf.Input.Name], OnnxArgument.Of("alpha", 1.0 / 6), OnnxArgument.Of("beta", 0.5));

    protected override bool OverwritesInput(Hardsigmoid layer) => layer.inplace;
}
