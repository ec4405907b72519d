using TorchSharp.Modules;

namespace TfKd;

/// <summary>A node that adds rows and columns around an image.</summary>
internal static class PadNode
{
    /// <param name="leaf">Where to write.</param>
    /// <param name="input">Name of what is padded.</param>
    /// <param name="padding">Torch's: left, right, top, bottom, and so on from the last dimension; or one number for all four.</param>
    /// <param name="mode">ONNX's name.</param>
    /// <param name="value">What constants are.</param>
    public static string Emit(OnnxLeaf leaf, string input, long[] padding, string mode, double value = 0)
    {
        if (padding is [var all])
            padding = [all, all, all, all];
        var rank = leaf.Input.Shape.Count;
        var pads = new long[2 * rank];
        for (var i = 0; i < padding.Length / 2; i++)
            (pads[rank - 1 - i], pads[2 * rank - 1 - i]) = (padding[2 * i], padding[2 * i + 1]);
        string[] inputs = [input, leaf.Integers("pads", pads)];
        if (value != 0)
            inputs = [.. inputs, leaf.Scalar("value", value)];
        return leaf.Node("Pad", inputs, OnnxArgument.Of("mode", mode));
    }
}

internal sealed class ZeroPad2dEmitter : OnnxEmitter<ZeroPad2d>
{
    protected override string Emit(ZeroPad2d layer, OnnxLeaf leaf) => PadNode.Emit(leaf, leaf.Input.Name, layer.padding, "constant");
}

internal sealed class ConstantPad2dEmitter : OnnxEmitter<ConstantPad2d>
{
    protected override string Emit(ConstantPad2d layer, OnnxLeaf leaf) =>
        PadNode.Emit(leaf, leaf.Input.Name, layer.padding, "constant", layer.value);
}

internal sealed class ReflectionPad2dEmitter : OnnxEmitter<ReflectionPad2d>
{
    protected override string Emit(ReflectionPad2d layer, OnnxLeaf leaf) => PadNode.Emit(leaf, leaf.Input.Name, layer.padding, "reflect");
}

internal sealed class ReplicationPad2dEmitter : OnnxEmitter<ReplicationPad2d>
{
    protected override string Emit(ReplicationPad2d layer, OnnxLeaf leaf) => PadNode.Emit(leaf, leaf.Input.Name, layer.padding, "edge");
}
