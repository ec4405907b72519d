using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A teacher that finds all classes equally likely. (1 - a) H(q, p) + a KL(uniform||p) is, up to a constant, <c>LabelSmoothing</c> by a:
/// equation 3 of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020.
/// </summary>
/// <example><code>
/// var teacher = new UniformTeacher();
/// </code></example>
public sealed record UniformTeacher : TeacherSource
{
    /// <inheritdoc/>
    public override bool GivesFeatures => false;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context) => new EqualLogits(context.ClassNames.Count);

    private sealed class EqualLogits(int classCount) : Teacher
    {
        protected override TeacherSignal TeachCore(ImageBatch batch) =>
            new(zeros(batch.Images.shape[0], classCount, device: batch.Images.device));
    }
}
