using TorchSharp.Modules;

namespace TfKd;

/// <summary>A mean over windows of one size where the output's size divides the input's; ONNX has no other adaptive pooling.</summary>
internal sealed class AdaptiveAvgPool2dEmitter : OnnxEmitter<AdaptiveAvgPool2d>
{
    protected override string Emit(AdaptiveAvgPool2d layer, OnnxLeaf leaf)
    {
        long[] input = [leaf.Input.Shape[2], leaf.Input.Shape[3]], output = [leaf.OutputShape[2], leaf.OutputShape[3]];
        if (output is [1, 1])
            return leaf.Node("GlobalAveragePool", [leaf.Input.Name]);
        if (input[0] % output[0] != 0 || input[1] % output[1] != 0)
            throw leaf.Refuse($"its output {output[0]}x{output[1]} does not divide its input {input[0]}x{input[1]}");
        long[] window = [input[0] / output[0], input[1] / output[1]];
        return leaf.Node("AveragePool", [leaf.Input.Name], OnnxArgument.Of("kernel_shape", window), OnnxArgument.Of("strides", window));
    }
}
