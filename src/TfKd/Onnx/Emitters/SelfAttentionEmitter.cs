using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Softmax(Q K^T / sqrt(width of a head)) V in each head, between two linear layers; a 0 in a shape stands for the free batch.
/// </summary>
internal sealed class SelfAttentionEmitter : OnnxEmitter<SelfAttention>
{
    protected override string Emit(SelfAttention layer, OnnxLeaf leaf)
    {
        var (length, width) = (leaf.Input.Shape[1], layer.Width / layer.Heads);
        var scale = leaf.Scalar("scale", 1 / Math.Sqrt(width));
        var query = leaf.Node("Mul", [Part(0, [0, 2, 1, 3]), scale]);
        var likeness = leaf.Node("MatMul", [query, Part(1, [0, 2, 3, 1])]);
        var weights = leaf.Node("Softmax", [likeness], OnnxArgument.Of("axis", -1));
        var means = leaf.Node("MatMul", [weights, Part(2, [0, 2, 1, 3])]);
        var tokens = leaf.Node("Reshape", [
            leaf.Node("Transpose", [means], OnnxArgument.Of("perm", [0, 2, 1, 3])), leaf.Integers("joined", 0, length, layer.Width),
        ]);
        return MatrixProduct.Emit(leaf, tokens, "out_proj.", layer.Output.weight, layer.Output.bias);

        string Part(int index, long[] order)
        {
            using var weight = layer.InputWeight.narrow(0, index * layer.Width, layer.Width);
            using var bias = layer.InputBias.narrow(0, index * layer.Width, layer.Width);
            var projected = MatrixProduct.Emit(leaf, leaf.Input.Name, $"in_proj_{"qkv"[index]}_", weight, bias);
            var divided = leaf.Node(
                "Reshape", [projected, leaf.Integers($"divided_{"qkv"[index]}", 0, length, layer.Heads, width)]);
            return leaf.Node("Transpose", [divided], OnnxArgument.Of("perm", order));
        }
    }
}
