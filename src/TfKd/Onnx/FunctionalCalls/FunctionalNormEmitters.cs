using static TorchSharp.torch;

namespace TfKd;

/// <summary>What normalisations read beside a value: parameters by their names, and ones and zeros where there are none.</summary>
internal static class FunctionalNormNode
{
    /// <summary>The name of the weight, or of ones.</summary>
    public static string Weight(FunctionalNorm layer, OnnxLeaf leaf, params long[] shape) =>
        layer.WeightOf(leaf.Inputs)?.Name ?? Ones(leaf, shape);

    /// <summary>The name of the bias, or of zeros.</summary>
    public static string Bias(FunctionalNorm layer, OnnxLeaf leaf, params long[] shape) =>
        layer.BiasOf(leaf.Inputs)?.Name ?? Zeros(leaf, shape);

    // All calls of a function share a path, so constants go by their shape.
    public static string Ones(OnnxLeaf leaf, params long[] shape)
    {
        using var values = ones(shape);
        return leaf.Weights($"ones{string.Join('x', shape)}", values);
    }

    public static string Zeros(OnnxLeaf leaf, params long[] shape)
    {
        using var values = zeros(shape);
        return leaf.Weights($"zeros{string.Join('x', shape)}", values);
    }
}

internal sealed class FunctionalLayerNormEmitter : OnnxEmitter<FunctionalLayerNorm>
{
    protected override string Emit(FunctionalLayerNorm layer, OnnxLeaf leaf)
    {
        string[] inputs = [leaf.Input.Name, FunctionalNormNode.Weight(layer, leaf, [.. layer.Shape])];
        if (layer.BiasOf(leaf.Inputs) is { } bias)
            inputs = [.. inputs, bias.Name];
        return leaf.Node(
            "LayerNormalization", inputs, OnnxArgument.Of("axis", -(long)layer.Shape.Count), OnnxArgument.Of("epsilon", layer.Epsilon));
    }
}

internal sealed class FunctionalBatchNormEmitter : OnnxEmitter<FunctionalBatchNorm>
{
    protected override string Emit(FunctionalBatchNorm layer, OnnxLeaf leaf)
    {
        var channels = leaf.Input.Shape[1];
        return leaf.Node(
            "BatchNormalization",
            [
                leaf.Input.Name, FunctionalNormNode.Weight(layer, leaf, channels), FunctionalNormNode.Bias(layer, leaf, channels),
                leaf.Inputs[^2].Name, leaf.Inputs[^1].Name,
            ],
            OnnxArgument.Of("epsilon", layer.Epsilon));
    }
}

internal sealed class FunctionalGroupNormEmitter : OnnxEmitter<FunctionalGroupNorm>
{
    protected override string Emit(FunctionalGroupNorm layer, OnnxLeaf leaf)
    {
        var shape = leaf.OutputShape;
        var whole = GroupNormNode.Emit(
            leaf, layer.Groups, OnnxArgument.Of("epsilon", layer.Epsilon), FunctionalNormNode.Ones(leaf, layer.Groups),
            FunctionalNormNode.Zeros(leaf, layer.Groups));
        if (layer.WeightOf(leaf.Inputs) is { } weight)
            whole = leaf.Node("Mul", [whole, Across(weight.Name)]);
        return layer.BiasOf(leaf.Inputs) is { } bias ? leaf.Node("Add", [whole, Across(bias.Name)]) : whole;

        string Across(string name) =>
            leaf.Node("Reshape", [name, leaf.Integers("channels", [shape[1], .. Enumerable.Repeat(1L, shape.Count - 2)])]);
    }
}

internal sealed class FunctionalInstanceNormEmitter : OnnxEmitter<FunctionalInstanceNorm>
{
    protected override string Emit(FunctionalInstanceNorm layer, OnnxLeaf leaf)
    {
        var channels = leaf.Input.Shape[1];
        return leaf.Node(
            "InstanceNormalization",
            [leaf.Input.Name, FunctionalNormNode.Weight(layer, leaf, channels), FunctionalNormNode.Bias(layer, leaf, channels)],
            OnnxArgument.Of("epsilon", layer.Epsilon));
    }
}

/// <summary>By parts, since ONNX's own has no epsilon.</summary>
internal sealed class FunctionalNormalizeEmitter : OnnxEmitter<FunctionalNormalize>
{
    protected override string Emit(FunctionalNormalize layer, OnnxLeaf leaf)
    {
        OnnxArgument[] arguments = [OnnxArgument.Of("axes", [layer.Dimension]), OnnxArgument.Of("keepdims", 1L)];
        var length = float.IsInfinity(layer.Power)
            ? leaf.Node("ReduceMax", [leaf.Node("Abs", [leaf.Input.Name])], arguments)
            : leaf.Node(layer.Power == 1 ? "ReduceL1" : "ReduceL2", [leaf.Input.Name], arguments);
        var least = leaf.Node("Clip", [length, leaf.Scalar("least", layer.Epsilon)]);
        return leaf.Node("Div", [leaf.Input.Name, least]);
    }
}
