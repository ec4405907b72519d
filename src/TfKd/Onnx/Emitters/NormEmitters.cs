using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Left as a node of its own: runtimes fold it into the layer before it.</summary>
internal static class BatchNormNode
{
    public static string Emit(NormBase layer, OnnxLeaf leaf)
    {
        if (layer.running_mean is not { } mean || layer.running_var is not { } variance)
            throw leaf.Refuse("it has no running statistics, and what it computes depends on the batch");
        using var scope = NewDisposeScope();
        return leaf.Node(
            "BatchNormalization",
            [
                leaf.Input.Name, leaf.Weights("weight", layer.affine ? layer.weight : ones_like(mean)),
                leaf.Weights("bias", layer.bias ?? zeros_like(mean)), leaf.Weights("running_mean", mean),
                leaf.Weights("running_var", variance),
            ],
            OnnxArgument.Of("epsilon", layer.eps));
    }
}

internal sealed class BatchNorm2dEmitter : OnnxEmitter<BatchNorm2d>
{
    protected override string Emit(BatchNorm2d layer, OnnxLeaf leaf) => BatchNormNode.Emit(layer, leaf);
}

internal sealed class BatchNorm1dEmitter : OnnxEmitter<BatchNorm1d>
{
    protected override string Emit(BatchNorm1d layer, OnnxLeaf leaf) => BatchNormNode.Emit(layer, leaf);
}

/// <summary>With running statistics it is a batch norm, in evaluation.</summary>
internal sealed class InstanceNorm2dEmitter : OnnxEmitter<InstanceNorm2d>
{
    protected override string Emit(InstanceNorm2d layer, OnnxLeaf leaf)
    {
        if (layer.track_running_stats)
            return BatchNormNode.Emit(layer, leaf);
        using var scope = NewDisposeScope();
        var channels = leaf.Input.Shape[1];
        return leaf.Node(
            "InstanceNormalization",
            [
                leaf.Input.Name, leaf.Weights("weight", layer.affine ? layer.weight : ones(channels)),
                leaf.Weights("bias", layer.bias ?? zeros(channels)),
            ],
            OnnxArgument.Of("epsilon", layer.eps));
    }
}

/// <summary>Each group as one channel of an instance norm; a node of its own came with opset 18 only.</summary>
internal static class GroupNormNode
{
    public static string Emit(OnnxLeaf leaf, long groups, OnnxArgument epsilon, string ones, string zeros)
    {
        var grouped = leaf.Node("Reshape", [leaf.Input.Name, leaf.Integers("grouped", 0, groups, -1)]);
        var normalized = leaf.Node("InstanceNormalization", [grouped, ones, zeros], epsilon);
        return leaf.Node("Reshape", [normalized, leaf.Integers("whole", [0, .. leaf.OutputShape.Skip(1)])]);
    }
}

internal sealed class GroupNormEmitter : OnnxEmitter<GroupNorm>
{
    protected override string Emit(GroupNorm layer, OnnxLeaf leaf)
    {
        using var scope = NewDisposeScope();
        var groups = layer.num_groups;
        var whole = GroupNormNode.Emit(
            leaf, groups, OnnxArgument.Of("epsilon", layer.eps), leaf.Weights("ones", ones(groups)), leaf.Weights("zeros", zeros(groups)));
        if (!layer.affine)
            return whole;
        long[] shape = [.. leaf.OutputShape];
        long[] channel = [shape[1], .. Enumerable.Repeat(1L, shape.Length - 2)];
        var scaled = leaf.Node("Mul", [whole, leaf.Weights("weight", layer.weight.view(channel))]);
        return layer.bias is { } bias ? leaf.Node("Add", [scaled, leaf.Weights("bias", bias.view(channel))]) : scaled;
    }
}

internal sealed class LocalResponseNormEmitter : OnnxEmitter<LocalResponseNorm>
{
    protected override string Emit(LocalResponseNorm layer, OnnxLeaf leaf)
    {
        if (layer.size % 2 == 0)
            throw leaf.Refuse($"it looks at {layer.size} channels, and only odd numbers are known");
        return leaf.Node(
            "LRN", [leaf.Input.Name], OnnxArgument.Of("size", layer.size), OnnxArgument.Of("alpha", layer.alpha),
            OnnxArgument.Of("beta", layer.beta), OnnxArgument.Of("bias", layer.k));
    }
}
