using TorchSharp.Modules;

namespace TfKd;

internal sealed class MaxPool2dEmitter : OnnxEmitter<MaxPool2d>
{
    protected override string Emit(MaxPool2d layer, OnnxLeaf leaf)
    {
        var kernel = PoolWindow.Pair(layer.kernel_size, [1, 1]);
        var stride = PoolWindow.Pair(layer.stride, kernel);
        var dilation = PoolWindow.Pair(layer.dilation, [1, 1]);
        return leaf.Node(
            "MaxPool",
            [leaf.Input.Name],
            OnnxArgument.Of("kernel_shape", kernel),
            OnnxArgument.Of("strides", stride),
            OnnxArgument.Of(
                "pads", PoolWindow.Pads(leaf, kernel, stride, PoolWindow.Pair(layer.padding, [0, 0]), dilation, layer.ceil_mode)),
            OnnxArgument.Of("dilations", dilation));
    }
}
