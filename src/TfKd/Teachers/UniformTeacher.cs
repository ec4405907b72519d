using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A teacher that finds all classes equally likely. (1 - a) H(q, p) + a KL(uniform||p) is, up to a constant, <c>LabelSmoothing</c> by a: equation 3 of
/// Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020.
/// </summary>
public sealed record UniformTeacher : TeacherSource
{
    /// <inheritdoc/>
    public override ITeacher Open(TeacherContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Teacher(context.ClassNames.Count);
    }

    private sealed class Teacher(int classCount) : ITeacher
    {
        public TeacherSignal Teach(ImageBatch batch)
        {
            ArgumentNullException.ThrowIfNull(batch);
            return new TeacherSignal(zeros(batch.Images.shape[0], classCount, device: batch.Images.device));
        }

        public void Dispose()
        {
        }
    }
}
