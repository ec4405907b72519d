using static TorchSharp.torch;

namespace TfKd;

/// <summary>A teacher's answer for a batch.</summary>
/// <param name="Logits">
/// [N,K], floating point, without gradient, columns in the order of the student's classes. A teacher that only knows probabilities returns
/// their logarithms.
/// </param>
public sealed record TeacherSignal(Tensor Logits)
{
    /// <summary>
    /// The output of each stage of the teacher's network, [N,C,H,W], without gradient; empty unless
    /// <see cref="TeacherContext.WithFeatures"/> asks for them.
    /// </summary>
    public IReadOnlyList<Tensor> Features { get; init; } = [];

    /// <summary>
    /// The same before the ReLU or ReLU6 that a stage ends with; empty unless <see cref="TeacherContext.WithPreActivations"/> asks for
    /// them.
    /// </summary>
    public IReadOnlyList<Tensor> PreActivations { get; init; } = [];

    /// <summary>
    /// What makes the logits of the last stage; null unless <see cref="TeacherContext.WithClassifier"/> asks for it, and where the teacher
    /// has no such layer.
    /// </summary>
    public TeacherClassifier? Classifier { get; init; }
}
