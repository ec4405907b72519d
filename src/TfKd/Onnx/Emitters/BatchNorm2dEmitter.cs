using TorchSharp.Modules;

namespace TfKd;

/// <summary>Left as a node of its own: runtimes fold it into the convolution before it.</summary>
internal sealed class BatchNorm2dEmitter : OnnxEmitter<BatchNorm2d>
{
    protected override string Emit(BatchNorm2d layer, OnnxLeaf leaf)
    {
        if (!layer.track_running_stats || !layer.affine)
            throw leaf.Refuse("it has no running statistics or no weights");
        return leaf.Node(
            "BatchNormalization",
            [
                leaf.Input.Name, leaf.Weights("weight", layer.weight), leaf.Weights("bias", layer.bias!),
                leaf.Weights("running_mean", layer.running_mean!), leaf.Weights("running_var", layer.running_var!),
            ],
            OnnxArgument.Of("epsilon", layer.eps));
    }
}
