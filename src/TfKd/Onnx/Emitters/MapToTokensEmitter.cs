namespace TfKd;

/// <summary>A 0 in a shape stands for the free batch.</summary>
internal sealed class MapToTokensEmitter : OnnxEmitter<MapToTokens>
{
    protected override string Emit(MapToTokens layer, OnnxLeaf leaf)
    {
        var positions = leaf.Node(
            "Reshape", [leaf.Input.Name, leaf.Integers("positions", 0, leaf.OutputShape[2], leaf.OutputShape[1])]);
        return leaf.Node("Transpose", [positions], OnnxArgument.Of("perm", [0, 2, 1]));
    }
}
