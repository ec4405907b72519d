namespace TfKd;

/// <summary>An opened teacher: answers batches until it is disposed.</summary>
public interface ITeacher : IDisposable
{
    /// <summary>Answers one batch. The tensors carry no gradient and belong to the caller's dispose scope.</summary>
    TeacherSignal Teach(ImageBatch batch);

    /// <summary>Whether the answer is looked up by the row's number, so that only training rows have one; refused where images are mixed. Default false: it depends on the pixels.</summary>
    bool KnowsTrainingRowsOnly => false;
}
