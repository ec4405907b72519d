namespace TfKd;

internal sealed class RootNormalizeEmitter : OnnxEmitter<RootNormalize>
{
    protected override string Emit(RootNormalize layer, OnnxLeaf leaf)
    {
        var rectified = leaf.Node("Relu", [leaf.Input.Name]);
        var positive = leaf.Node("Add", [rectified, leaf.Scalar("epsilon", RootNormalize.Epsilon)]);
        var sum = leaf.Node("ReduceSum", [positive, leaf.Integers("axes", 1)]);
        return leaf.Node("Sqrt", [leaf.Node("Div", [positive, sum])]);
    }
}
