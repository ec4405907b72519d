using TorchSharp.Modules;

namespace TfKd;

internal sealed class FlattenEmitter : OnnxEmitter<Flatten>
{
    protected override string Emit(Flatten layer, OnnxLeaf leaf)
    {
        var rank = leaf.Input.Shape.Count;
        if (layer.start_dim != 1 || (layer.end_dim != -1 && layer.end_dim != rank - 1))
            throw leaf.Refuse($"it joins dimensions {layer.start_dim} to {layer.end_dim}, and only 1 to -1 (all but the batch) is known");
        return leaf.Node("Flatten", [leaf.Input.Name], OnnxArgument.Of("axis", 1));
    }
}
