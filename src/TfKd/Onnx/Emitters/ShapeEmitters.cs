using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

internal sealed class PixelShuffleEmitter : OnnxEmitter<PixelShuffle>
{
    protected override string Emit(PixelShuffle layer, OnnxLeaf leaf) => leaf.Node(
        "DepthToSpace", [leaf.Input.Name], OnnxArgument.Of("blocksize", layer.upscale_factor), OnnxArgument.Of("mode", "CRD"));
}

/// <summary>ONNX's SpaceToDepth has the channels in another order; a 0 in a shape stands for the free batch.</summary>
internal sealed class PixelUnshuffleEmitter : OnnxEmitter<PixelUnshuffle>
{
    protected override string Emit(PixelUnshuffle layer, OnnxLeaf leaf)
    {
        var (factor, channels) = (layer.downscale_factor, leaf.Input.Shape[1]);
        var (all, height, width) = (leaf.OutputShape[1], leaf.OutputShape[2], leaf.OutputShape[3]);
        var blocks = leaf.Node(
            "Reshape", [leaf.Input.Name, leaf.Integers("blocks", 0, channels, height, factor, width, factor)]);
        var ordered = leaf.Node("Transpose", [blocks], OnnxArgument.Of("perm", [0, 1, 3, 5, 2, 4]));
        return leaf.Node("Reshape", [ordered, leaf.Integers("joined", 0, all, height, width)]);
    }
}

internal sealed class UnflattenEmitter : OnnxEmitter<Unflatten>
{
    protected override string Emit(Unflatten layer, OnnxLeaf leaf)
    {
        if (layer.dim == 0 || layer.dim == -leaf.Input.Shape.Count)
            throw leaf.Refuse("it divides the batch, which is free");
        return leaf.Node("Reshape", [leaf.Input.Name, leaf.Integers("shape", [0, .. leaf.OutputShape.Skip(1)])]);
    }
}

/// <summary>
/// A product with a matrix along each axis: whatever the interpolation, a pixel is a weighted sum of others, and the weights are what the
/// layer makes of images of a single one. ONNX's Resize, which makes tensors of any size, has no place in model files.
/// </summary>
internal sealed class UpsampleEmitter : OnnxEmitter<Upsample>
{
    protected override string Emit(Upsample layer, OnnxLeaf leaf)
    {
        if (leaf.Input.Shape.Count != 4)
            throw leaf.Refuse($"it enlarges {leaf.Input.Shape.Count - 2} dimensions, and only height and width are known");
        using var scope = NewDisposeScope();
        var (height, width) = (leaf.Input.Shape[2], leaf.Input.Shape[3]);
        // With the other side as it is: a factor below 1 would leave nothing of one pixel.
        var rows = layer.forward(eye(height).view(height, 1, height, 1).expand(-1, -1, -1, width))[.., 0, .., 0].t();
        var columns = layer.forward(eye(width).view(width, 1, 1, width).expand(-1, -1, height, -1))[.., 0, 0, ..];
        // A layer that is called twice may see two sizes; functions of several modules have one path.
        var suffix = $"{layer.mode}{layer.align_corners}";
        return leaf.Node("MatMul",
        [
            leaf.Fixed($"rows{height}to{rows.shape[0]}{suffix}", rows),
            leaf.Node("MatMul", [leaf.Input.Name, leaf.Fixed($"columns{width}to{columns.shape[1]}{suffix}", columns)]),
        ]);
    }
}
