namespace TfKd;

internal sealed class UnaryFunctionEmitter : OnnxEmitter<UnaryFunction>
{
    protected override string Emit(UnaryFunction layer, OnnxLeaf leaf) => leaf.Node(layer.GetName(), [leaf.Input.Name]);
}

internal sealed class BinaryFunctionEmitter : OnnxEmitter<BinaryFunction>
{
    protected override string Emit(BinaryFunction layer, OnnxLeaf leaf) =>
        leaf.Node(layer.GetName(), [leaf.Inputs[0].Name, leaf.Inputs[1].Name]);
}

internal sealed class ScaleAndShiftEmitter : OnnxEmitter<ScaleAndShift>
{
    protected override string Emit(ScaleAndShift layer, OnnxLeaf leaf)
    {
        var scaled = layer.Scale == 1 ? leaf.Input.Name : leaf.Node("Mul", [leaf.Input.Name, leaf.Scalar("scale", layer.Scale)]);
        return layer.Shift == 0 ? scaled : leaf.Node("Add", [scaled, leaf.Scalar("shift", layer.Shift)]);
    }
}

internal sealed class ClampEmitter : OnnxEmitter<Clamp>
{
    protected override string Emit(Clamp layer, OnnxLeaf leaf)
    {
        var low = float.IsInfinity(layer.Low) ? "" : leaf.Scalar("low", layer.Low);
        return leaf.Node("Clip", float.IsInfinity(layer.High)
            ? [leaf.Input.Name, low]
            : [leaf.Input.Name, low, leaf.Scalar("high", layer.High)]);
    }
}

/// <summary>A 0 in a shape stands for the free batch.</summary>
internal sealed class ReshapeEmitter : OnnxEmitter<Reshape>
{
    protected override string Emit(Reshape layer, OnnxLeaf leaf) =>
        leaf.Node("Reshape", [leaf.Input.Name, leaf.Integers("shape", [0, .. layer.Shape])]);
}

internal sealed class NarrowEmitter : OnnxEmitter<Narrow>
{
    protected override string Emit(Narrow layer, OnnxLeaf leaf)
    {
        var range = leaf.Node(
            "Slice",
            [leaf.Input.Name, leaf.Integers("start", layer.Start), leaf.Integers("end", layer.Start + layer.Length),
                leaf.Integers("axis", layer.Dimension)]);
        return layer.Drops ? leaf.Node("Squeeze", [range, leaf.Integers("dropped", layer.Dimension)]) : range;
    }
}

/// <summary>Of opset 17 the sum alone has its dimensions as an input; the others as an attribute.</summary>
internal sealed class ReductionEmitter : OnnxEmitter<Reduction>
{
    protected override string Emit(Reduction layer, OnnxLeaf leaf)
    {
        var keeps = OnnxArgument.Of("keepdims", layer.Keeps ? 1 : 0);
        return layer.GetName() == "ReduceSum"
            ? leaf.Node("ReduceSum", [leaf.Input.Name, leaf.Integers("axes", layer.Dimensions)], keeps)
            : leaf.Node(layer.GetName(), [leaf.Input.Name], OnnxArgument.Of("axes", layer.Dimensions), keeps);
    }
}

internal sealed class JoinEmitter : OnnxEmitter<Join>
{
    protected override string Emit(Join layer, OnnxLeaf leaf) =>
        leaf.Node("Concat", [.. leaf.Inputs.Select(input => input.Name)], OnnxArgument.Of("axis", layer.Dimension));
}
