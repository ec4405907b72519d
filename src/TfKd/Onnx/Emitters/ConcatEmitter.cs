namespace TfKd;

internal sealed class ConcatEmitter : OnnxEmitter<Concat>
{
    protected override string Emit(Concat layer, OnnxLeaf leaf) =>
        leaf.Node("Concat", [.. leaf.Inputs.Select(input => input.Name)], OnnxArgument.Of("axis", 1));
}
