using TorchSharp.Modules;

namespace TfKd;

internal sealed class ConvTranspose2dEmitter : OnnxEmitter<ConvTranspose2d>
{
    protected override string Emit(ConvTranspose2d layer, OnnxLeaf leaf)
    {
        string[] inputs = [leaf.Input.Name, leaf.Weights("weight", layer.weight)];
        if (layer.bias is { } bias)
            inputs = [.. inputs, leaf.Weights("bias", bias)];
        var padding = layer.padding ?? [0, 0];
        return leaf.Node(
            "ConvTranspose",
            inputs,
            OnnxArgument.Of("kernel_shape", layer.kernel_size),
            OnnxArgument.Of("strides", layer.stride),
            OnnxArgument.Of("pads", [.. padding, .. padding]),
            OnnxArgument.Of("dilations", layer.dilation),
            OnnxArgument.Of("output_padding", Extra(layer, leaf, padding)),
            OnnxArgument.Of("group", layer.groups));
    }

    // By the size of what came out: TorchSharp takes the first number of its output padding for both sides.
    private static long[] Extra(ConvTranspose2d layer, OnnxLeaf leaf, long[] padding)
    {
        var extra = new long[2];
        for (var i = 0; i < 2; i++)
        {
            var plain = (leaf.Input.Shape[2 + i] - 1) * layer.stride[i] - 2 * padding[i]
                + layer.dilation[i] * (layer.kernel_size[i] - 1) + 1;
            extra[i] = leaf.OutputShape[2 + i] - plain;
        }

        return extra;
    }
}
