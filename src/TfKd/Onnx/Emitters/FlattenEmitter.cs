using TorchSharp.Modules;

namespace TfKd;

internal sealed class FlattenEmitter : OnnxEmitter<Flatten>
{
    protected override string Emit(Flatten layer, OnnxLeaf leaf)
    {
        if (layer.start_dim is 0 || layer.start_dim == -leaf.Input.Shape.Count)
            throw leaf.Refuse("it joins the batch, which is free, with other dimensions; start at dimension 1");
        return leaf.OutputShape.Count == 2
            ? leaf.Node("Flatten", [leaf.Input.Name], OnnxArgument.Of("axis", 1))
            : leaf.Node("Reshape", [leaf.Input.Name, leaf.Integers("shape", [0, .. leaf.OutputShape.Skip(1)])]);
    }
}
