using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a <see cref="Mixing"/> makes of a batch.</summary>
/// <param name="Images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
/// <param name="Targets">The targets of the N mixtures.</param>
public sealed record MixedBatch(Tensor Images, Targets Targets);
