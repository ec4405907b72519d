using static TorchSharp.torch;

namespace TfKd;

/// <summary>A teacher that finds all classes equally likely. Cross entropy with it is label smoothing; what it adds to a student is calm, and no knowledge.</summary>
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
