using TorchSharp.Modules;

namespace TfKd;

/// <summary>
/// x / 2 times 1 + erf(x / sqrt(2)), or times 1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)): a node of its own came with opset 20 only, and
/// runtimes know these.
/// </summary>
internal sealed class GELUEmitter : OnnxEmitter<GELU>
{
    protected override string Emit(GELU layer, OnnxLeaf leaf)
    {
        var x = leaf.Input.Name;
        var curve = layer.approximate == GELU.Approximate.tanh
            ? leaf.Node("Tanh", [Cubic(leaf)])
            : leaf.Node("Erf", [leaf.Node("Div", [x, leaf.Scalar("sqrt2", Math.Sqrt(2))])]);
        var product = leaf.Node("Mul", [x, leaf.Node("Add", [curve, leaf.Scalar("one", 1)])]);
        return leaf.Node("Mul", [product, leaf.Scalar("half", 0.5)]);
    }

    protected override bool OverwritesInput(GELU layer) => layer.inplace;

    private static string Cubic(OnnxLeaf leaf)
    {
        var x = leaf.Input.Name;
        var cube = leaf.Node("Mul", [leaf.Node("Mul", [x, x]), x]);
        var sum = leaf.Node("Add", [x, leaf.Node("Mul", [cube, leaf.Scalar("cubic", 0.044715)])]);
        return leaf.Node("Mul", [sum, leaf.Scalar("linear", Math.Sqrt(2 / Math.PI))]);
    }
}
