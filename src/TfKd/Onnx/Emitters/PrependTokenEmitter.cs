namespace TfKd;

/// <summary>Both are padded with zeros to the length of the result and added, since a constant has no batch to be joined along.</summary>
internal sealed class PrependTokenEmitter : OnnxEmitter<PrependToken>
{
    protected override string Emit(PrependToken layer, OnnxLeaf leaf)
    {
        var (tokens, first) = (leaf.Inputs[0], leaf.Inputs[1]);
        var behind = leaf.Node("Pad", [tokens.Name, leaf.Integers("before", 0, first.Shape[1], 0, 0, 0, 0)]);
        var before = leaf.Node("Pad", [first.Name, leaf.Integers("behind", 0, 0, 0, 0, tokens.Shape[1], 0)]);
        return leaf.Node("Add", [behind, before]);
    }
}
