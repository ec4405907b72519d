using TorchSharp;
using TorchSharp.Modules;

namespace TfKd;

internal sealed class Conv2dEmitter : OnnxEmitter<Conv2d>
{
    protected override string Emit(Conv2d layer, OnnxLeaf leaf)
    {
        var (input, pads) = Padded(layer, leaf);
        string[] inputs = [input, leaf.Weights("weight", layer.weight)];
        if (layer.bias is { } bias)
            inputs = [.. inputs, leaf.Weights("bias", bias)];
        return leaf.Node(
            "Conv",
            inputs,
            OnnxArgument.Of("kernel_shape", layer.kernel_size),
            OnnxArgument.Of("strides", layer.stride),
            OnnxArgument.Of("pads", pads),
            OnnxArgument.Of("dilations", layer.dilation),
            OnnxArgument.Of("group", layer.groups));
    }

    // ONNX's convolution pads with zeros only.
    private static (string Input, long[] Pads) Padded(Conv2d layer, OnnxLeaf leaf)
    {
        var pads = Pads(layer);
        if (layer.padding_mode == PaddingModes.Zeros)
            return (leaf.Input.Name, pads);
        var mode = layer.padding_mode switch
        {
            PaddingModes.Reflect => "reflect",
            PaddingModes.Replicate => "edge",
            _ => throw leaf.Refuse($"it pads with {layer.padding_mode}, and only Zeros, Reflect and Replicate are known"),
        };
        return (PadNode.Emit(leaf, leaf.Input.Name, [pads[1], pads[3], pads[0], pads[2]], mode), [0, 0, 0, 0]);
    }

    private static long[] Pads(Conv2d layer)
    {
        if (layer.padding is { } padding)
            return [.. padding, .. padding];
        if (layer.padding_type == Padding.Valid)
            return [0, 0, 0, 0];
        // Padding.Same: Torch puts the odd one at the end.
        var total = layer.kernel_size.Zip(layer.dilation, (kernel, dilation) => dilation * (kernel - 1)).ToArray();
        return [total[0] / 2, total[1] / 2, total[0] - total[0] / 2, total[1] - total[1] / 2];
    }
}
