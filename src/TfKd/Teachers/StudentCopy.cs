using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A second network that trails the student and answers as a teacher.</summary>
internal sealed class StudentCopy : IDisposable
{
    private readonly ImageNetwork _student;
    private readonly ImageNetwork _copy;
    private readonly NetworkTeacher _teacher;

    private StudentCopy(ImageNetwork student, TeacherContext context)
    {
        // A student may be trained at another size than its architecture's own: the copy sees what the student sees.
        (_student, _copy) = (student, student.Copy(context.InputShape));
        _teacher = NetworkTeacher.Own(_copy, context.ClassNames, context);
    }

    /// <exception cref="InvalidOperationException">There is no student.</exception>
    public static StudentCopy Open(TeacherSource source, TeacherContext context) => new(
        context.Student ?? throw new InvalidOperationException(
            $"{source} is made of the student and can be opened in a run only, but the context has no {nameof(TeacherContext.Student)}."),
        context);

    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => _copy.Body.state_dict();

    public TeacherSignal Teach(ImageBatch batch) => _teacher.Teach(batch);

    /// <summary>Moves to the student: the whole way by default, or a fraction of it.</summary>
    public void Follow(double fraction = 1)
    {
        using var scope = NewDisposeScope();
        WeightBlend.Move(_copy.Body.state_dict(), _student.Body.state_dict(), fraction);
    }

    public void Load(IReadOnlyDictionary<string, Tensor> state) => WeightBlend.Move(Tensors, state, 1);

    public void Dispose() => _teacher.Dispose();
}
