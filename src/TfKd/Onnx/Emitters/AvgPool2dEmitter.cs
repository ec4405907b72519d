using TorchSharp.Modules;

namespace TfKd;

internal sealed class AvgPool2dEmitter : OnnxEmitter<AvgPool2d>
{
    protected override string Emit(AvgPool2d layer, OnnxLeaf leaf)
    {
        if (layer.divisor_override is { } divisor)
            throw leaf.Refuse($"it divides by {divisor} instead of the size of the window");
        var kernel = PoolWindow.Pair(layer.kernel_size, [1, 1]);
        var stride = PoolWindow.Pair(layer.stride, kernel);
        var padding = PoolWindow.Pair(layer.padding, [0, 0]);
        var pads = PoolWindow.Pads(leaf, kernel, stride, padding, [1, 1], layer.ceil_mode);
        // Torch counts the padding it was asked for, never what rounding up adds behind it; ONNX counts all or none.
        var added = pads[2] > padding[0] || pads[3] > padding[1];
        if (added && layer.count_include_pad && padding is not [0, 0])
            throw leaf.Refuse("it rounds its size up and counts its padding, which together have no counterpart; set count_include_pad or "
                + "ceil_mode to false");
        return leaf.Node(
            "AveragePool",
            [leaf.Input.Name],
            OnnxArgument.Of("kernel_shape", kernel),
            OnnxArgument.Of("strides", stride),
            OnnxArgument.Of("pads", pads),
            OnnxArgument.Of("count_include_pad", layer.count_include_pad && !added ? 1 : 0));
    }
}
