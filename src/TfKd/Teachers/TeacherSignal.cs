using static TorchSharp.torch;

namespace TfKd;

/// <summary>A teacher's answer for a batch.</summary>
/// <param name="Logits">[N,K], floating point, without gradient, columns in the order of the student's classes. A teacher that only knows probabilities returns their logarithms.</param>
public sealed record TeacherSignal(Tensor Logits);
