using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A mean over windows of one size where the output's size divides the input's. ONNX has no other adaptive pooling, so otherwise, where
/// windows overlap and differ in size, it is a product with a matrix of means along each axis.
/// </summary>
internal sealed class AdaptiveAvgPool2dEmitter : OnnxEmitter<AdaptiveAvgPool2d>
{
    protected override string Emit(AdaptiveAvgPool2d layer, OnnxLeaf leaf)
    {
        long[] input = [leaf.Input.Shape[2], leaf.Input.Shape[3]], output = [leaf.OutputShape[2], leaf.OutputShape[3]];
        if (output is [1, 1])
            return leaf.Node("GlobalAveragePool", [leaf.Input.Name]);
        if (input[0] % output[0] == 0 && input[1] % output[1] == 0)
        {
            long[] window = [input[0] / output[0], input[1] / output[1]];
            return leaf.Node("AveragePool", [leaf.Input.Name], OnnxArgument.Of("kernel_shape", window), OnnxArgument.Of("strides", window));
        }
        using var scope = NewDisposeScope();
        // A layer that is called twice may see two sizes.
        var rows = leaf.Fixed($"rows{input[0]}to{output[0]}", Means(input[0], output[0]));
        var columns = leaf.Fixed($"columns{input[1]}to{output[1]}", Means(input[1], output[1]).t());
        return leaf.Node("MatMul", [rows, leaf.Node("MatMul", [leaf.Input.Name, columns])]);
    }

    /// <summary>
    /// [output, input]: row i takes the mean over floor(i input / output) up to, and without, ceil((i + 1) input / output), as Torch does.
    /// </summary>
    private static Tensor Means(long input, long output)
    {
        var means = zeros(output, input);
        for (var i = 0L; i < output; i++)
        {
            var (start, end) = (i * input / output, ((i + 1) * input + output - 1) / output);
            means[i, TensorIndex.Slice(start, end)] = 1.0f / (end - start);
        }
        return means;
    }
}
