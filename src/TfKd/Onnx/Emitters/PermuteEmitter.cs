namespace TfKd;

internal sealed class PermuteEmitter : OnnxEmitter<Permute>
{
    protected override string Emit(Permute layer, OnnxLeaf leaf) =>
        leaf.Node("Transpose", [leaf.Input.Name], OnnxArgument.Of("perm", layer.Dimensions));
}
