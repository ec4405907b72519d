namespace TfKd;

/// <summary>Slice along height and width, then Pad along the channels.</summary>
internal sealed class ZeroPaddedShortcutEmitter : OnnxEmitter<ZeroPaddedShortcut>
{
    protected override string Emit(ZeroPaddedShortcut layer, OnnxLeaf leaf)
    {
        var taken = leaf.Node("Slice",
        [
            leaf.Input.Name, leaf.Integers("starts", 0, 0), leaf.Integers("ends", long.MaxValue, long.MaxValue),
                leaf.Integers("axes", 2, 3),
            leaf.Integers("steps", layer.Stride, layer.Stride),
        ]);
        return leaf.Node("Pad", [taken, leaf.Integers("pads", 0, layer.Before, 0, 0, 0, layer.Behind, 0, 0)]);
    }
}
