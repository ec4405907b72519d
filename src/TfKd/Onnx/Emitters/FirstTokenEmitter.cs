namespace TfKd;

internal sealed class FirstTokenEmitter : OnnxEmitter<FirstToken>
{
    protected override string Emit(FirstToken layer, OnnxLeaf leaf)
    {
        var first = leaf.Node("Slice",
            [leaf.Input.Name, leaf.Integers("start", 0), leaf.Integers("end", 1), leaf.Integers("axis", 1)]);
        return leaf.Node("Flatten", [first], OnnxArgument.Of("axis", 1));
    }
}
