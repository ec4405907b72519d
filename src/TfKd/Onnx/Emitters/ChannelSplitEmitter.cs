namespace TfKd;

internal sealed class ChannelSplitEmitter : OnnxEmitter<ChannelSplit>
{
    protected override string Emit(ChannelSplit layer, OnnxLeaf leaf)
    {
        var width = leaf.OutputShape[1];
        return leaf.Node(
            "Slice",
            [leaf.Input.Name, leaf.Integers("start", layer.Part * width), leaf.Integers("end", (layer.Part + 1) * width),
                leaf.Integers("axis", 1)]);
    }
}
