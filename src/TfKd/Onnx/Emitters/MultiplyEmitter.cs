namespace TfKd;

internal sealed class MultiplyEmitter : OnnxEmitter<Multiply>
{
    protected override string Emit(Multiply layer, OnnxLeaf leaf) => leaf.Node("Mul", [leaf.Inputs[0].Name, leaf.Inputs[1].Name]);
}
