namespace TfKd;

/// <summary>An opened teacher: answers batches until it is disposed.</summary>
public interface ITeacher : IDisposable
{
    /// <summary>Answers one batch. The tensors carry no gradient and belong to the caller's dispose scope.</summary>
    TeacherSignal Teach(ImageBatch batch);
}
