using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a network says of a batch.</summary>
/// <param name="Logits">[N,K], before softmax.</param>
public sealed record NetworkOutput(Tensor Logits)
{
    /// <summary>
    /// The output of each stage of <see cref="NetworkArchitecture.GetStages"/>, [N,C,H,W]; empty unless they were asked for.
    /// </summary>
    public IReadOnlyList<Tensor> Features { get; init; } = [];

    /// <summary>
    /// The same before the ReLU or ReLU6 that a stage ends with, and as it is where a stage ends with none; empty unless they were asked
    /// for.
    /// </summary>
    public IReadOnlyList<Tensor> PreActivations { get; init; } = [];
}
