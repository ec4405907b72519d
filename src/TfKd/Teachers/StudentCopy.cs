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

    /// <summary>
    /// Moves to the student: the whole way by default, or a fraction of it. What cannot be averaged, counters, is taken over.
    /// </summary>
    public void Follow(double fraction = 1)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var state = _student.Body.state_dict();
        foreach (var (key, tensor) in _copy.Body.state_dict())
        {
            if (fraction == 1 || !tensor.is_floating_point())
                tensor.copy_(state[key]);
            else
                tensor.lerp_(state[key], fraction);
        }
    }

    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        using var noGradient = no_grad();
        foreach (var (key, tensor) in Tensors)
            tensor.copy_(state[key]);
    }

    public void Dispose() => _teacher.Dispose();
}
