using TorchSharp.Modules;

namespace TfKd;

/// <summary>ONNX has no adaptive pooling: one number of all, or windows of one size where the output's size divides the input's.</summary>
internal sealed class AdaptiveMaxPool2dEmitter : OnnxEmitter<AdaptiveMaxPool2d>
{
    protected override string Emit(AdaptiveMaxPool2d layer, OnnxLeaf leaf)
    {
        long[] input = [leaf.Input.Shape[2], leaf.Input.Shape[3]], output = [leaf.OutputShape[2], leaf.OutputShape[3]];
        if (output is [1, 1])
            return leaf.Node("GlobalMaxPool", [leaf.Input.Name]);
        if (input[0] % output[0] != 0 || input[1] % output[1] != 0)
            throw leaf.Refuse($"{input[0]}x{input[1]} does not divide into {output[0]}x{output[1]} windows of one size");
        long[] window = [input[0] / output[0], input[1] / output[1]];
        return leaf.Node("MaxPool", [leaf.Input.Name], OnnxArgument.Of("kernel_shape", window), OnnxArgument.Of("strides", window));
    }
}

/// <summary>The root of the sum of squares, as the mean of squares times their number.</summary>
internal sealed class LPPool2dEmitter : OnnxEmitter<LPPool2d>
{
    protected override string Emit(LPPool2d layer, OnnxLeaf leaf)
    {
        if (layer.norm_type != 2)
            throw leaf.Refuse($"it is of norm {layer.norm_type}, and only 2 is known");
        if (layer.ceil_mode)
            throw leaf.Refuse("it rounds its size up; set ceil_mode to false");
        var kernel = PoolWindow.Pair(layer.kernel_size, [1, 1]);
        var squares = leaf.Node("Mul", [leaf.Input.Name, leaf.Input.Name]);
        var means = leaf.Node(
            "AveragePool", [squares], OnnxArgument.Of("kernel_shape", kernel),
            OnnxArgument.Of("strides", PoolWindow.Pair(layer.stride, kernel)));
        return leaf.Node("Sqrt", [leaf.Node("Mul", [means, leaf.Scalar("count", kernel[0] * kernel[1])])]);
    }
}
