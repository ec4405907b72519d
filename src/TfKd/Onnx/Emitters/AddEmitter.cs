namespace TfKd;

internal sealed class AddEmitter : OnnxEmitter<Add>
{
    protected override string Emit(Add layer, OnnxLeaf leaf) => leaf.Node("Add", [leaf.Inputs[0].Name, leaf.Inputs[1].Name]);
}
