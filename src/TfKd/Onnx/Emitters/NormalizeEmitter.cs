using static TorchSharp.torch;

namespace TfKd;

/// <summary>Multiply and add in float32, after a cast where the pixels are bytes.</summary>
internal sealed class NormalizeEmitter : OnnxEmitter<Normalize>
{
    protected override string Emit(Normalize layer, OnnxLeaf leaf)
    {
        using var scope = NewDisposeScope();
        var pixels = leaf.Input.Type == ScalarType.Float32
            ? leaf.Input.Name
            : leaf.Node("Cast", [leaf.Input.Name], OnnxArgument.Of("to", OnnxGraph.DataType(ScalarType.Float32)));
        var scaled = leaf.Node("Mul", [pixels, leaf.Weights("scale", tensor(layer.Scale).view(1, -1, 1, 1))]);
        return leaf.Node("Add", [scaled, leaf.Weights("shift", tensor(layer.Shift).view(1, -1, 1, 1))]);
    }
}
