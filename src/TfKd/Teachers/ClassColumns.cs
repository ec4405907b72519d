using static TorchSharp.torch;

namespace TfKd;

/// <summary>Brings the columns of a teacher's answers into the order of the student's classes.</summary>
internal sealed class ClassColumns : IDisposable
{
    private readonly IReadOnlyList<int> _order;
    private readonly Tensor? _columns;

    /// <param name="context">What the teacher must fit.</param>
    /// <param name="teacherClasses">The teacher's classes, in the order of its answers.</param>
    /// <param name="classes">Which it may know beside the student's; null: none, and there is no choice.</param>
    /// <exception cref="InvalidOperationException">The classes differ from the student's.</exception>
    public ClassColumns(
        TeacherContext context, IReadOnlyList<string> teacherClasses, TeacherClasses? classes = null)
    {
        // Only where there is a choice the message speaks of it.
        var advice = classes == TeacherClasses.AsStudent ? $" and no others, unless Classes is {nameof(TeacherClasses.MayBeMore)}" : "";
        var order = ClassMatching.Match(context.ClassNames, teacherClasses, classes == TeacherClasses.MayBeMore, advice);
        _order = order ?? [];
        _columns = order is null
            ? null
            : tensor([.. order.Select(column => (long)column)], device: context.Device).DetachFromDisposeScope();
    }

    /// <summary>Either way a fresh tensor: one made in inference mode may not take part in a graph.</summary>
    /// <param name="answers">[N,K], or of more classes.</param>
    public Tensor Arrange(Tensor answers) => _columns is null ? answers.clone() : answers.index_select(1, _columns);

    /// <summary>The same of a tensor whose rows are classes: weight or bias of the layer that makes the answers.</summary>
    public Tensor ArrangeRows(Tensor parameter) => _columns is null ? parameter.clone() : parameter.index_select(0, _columns);

    public void Dispose() => _columns?.Dispose();

    /// <summary>
    /// The numbers of the columns: they stand for the two lists of classes in a fingerprint, since the answers are the same whatever the
    /// classes are called.
    /// </summary>
    public override string ToString() => $"[{string.Join(',', _order)}]";
}
