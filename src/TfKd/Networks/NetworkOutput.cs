using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a network says of a batch.</summary>
/// <param name="Logits">[N,K], before softmax.</param>
public sealed record NetworkOutput(Tensor Logits);
