using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Counts how often its teachers are disposed.</summary>
internal sealed record CountedTeacher : TeacherSource
{
    public int Disposed { get; private set; }

    /// <summary>What disposing ends with; null: well.</summary>
    public Exception? Failure { get; init; }

    protected override Teacher OpenCore(TeacherContext context) => new Counted(this, context.ClassNames.Count);

    private sealed class Counted(CountedTeacher source, int classCount) : Teacher
    {
        protected override TeacherSignal TeachCore(ImageBatch batch) => new(zeros(batch.Images.shape[0], classCount));

        protected override void DisposeCore()
        {
            source.Disposed++;
            if (source.Failure is { } failure)
                throw failure;
        }
    }
}
