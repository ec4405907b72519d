namespace TfKd;

/// <summary>Exchanges group and place in the group; a 0 in a shape stands for the free batch.</summary>
internal static class ChannelShuffleNodes
{
    public static string Emit(OnnxLeaf leaf, long groups)
    {
        var (channels, height, width) = (leaf.OutputShape[1], leaf.OutputShape[2], leaf.OutputShape[3]);
        var grouped = leaf.Node("Reshape", [leaf.Input.Name, leaf.Integers("grouped", 0, groups, channels / groups, height, width)]);
        var exchanged = leaf.Node("Transpose", [grouped], OnnxArgument.Of("perm", [0, 2, 1, 3, 4]));
        return leaf.Node("Reshape", [exchanged, leaf.Integers("joined", 0, channels, height, width)]);
    }
}

internal sealed class ChannelShuffleEmitter : OnnxEmitter<ChannelShuffle>
{
    protected override string Emit(ChannelShuffle layer, OnnxLeaf leaf) => ChannelShuffleNodes.Emit(leaf, layer.Groups);
}

/// <summary>TorchSharp's own.</summary>
internal sealed class TorchChannelShuffleEmitter : OnnxEmitter<TorchSharp.Modules.ChannelShuffle>
{
    protected override string Emit(TorchSharp.Modules.ChannelShuffle layer, OnnxLeaf leaf) => ChannelShuffleNodes.Emit(leaf, layer.groups);
}
