namespace TfKd;

/// <summary>As the layer of that name, but with a weight that may be made in the graph; it stays in floating point.</summary>
internal sealed class FunctionalLinearEmitter : OnnxEmitter<FunctionalLinear>
{
    protected override string Emit(FunctionalLinear layer, OnnxLeaf leaf)
    {
        var names = leaf.Inputs.Select(input => input.Name).ToList();
        if (leaf.Input.Shape.Count == 2)
            return leaf.Node("Gemm", names, OnnxArgument.Of("transB", 1));
        var transposed = leaf.Node("Transpose", [names[1]], OnnxArgument.Of("perm", [1, 0]));
        var product = leaf.Node("MatMul", [names[0], transposed]);
        return names.Count == 3 ? leaf.Node("Add", [product, names[2]]) : product;
    }
}

internal sealed class FunctionalConvolutionEmitter : OnnxEmitter<FunctionalConvolution>
{
    protected override string Emit(FunctionalConvolution layer, OnnxLeaf leaf)
    {
        var (rows, columns) = layer.Padding;
        return leaf.Node(
            "Conv",
            [.. leaf.Inputs.Select(input => input.Name)],
            OnnxArgument.Of("kernel_shape", layer.Kernel),
            OnnxArgument.Of("strides", [layer.Stride, layer.Stride]),
            OnnxArgument.Of("pads", [rows, columns, rows, columns]),
            OnnxArgument.Of("dilations", [layer.Dilation, layer.Dilation]),
            OnnxArgument.Of("group", layer.Groups));
    }
}
