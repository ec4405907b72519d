using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// An opened teacher: answers batches until it is disposed. Deriving a class and overriding <see cref="TeachCore"/> is all it takes to
/// bring one of your own; the other members have defaults for a teacher that never changes with the student and whose answers are not kept.
/// </summary>
/// <remarks>
/// A teacher that wraps others forwards all members to them, or what they are made of never follows the student and is missing in the
/// checkpoint.
/// </remarks>
public abstract class Teacher : IDisposable
{
    private bool _isDisposed;

    /// <summary>
    /// Not null for a teacher that is fixed: its answer depends on the pixels and the row alone, never on the student, the targets or on
    /// when it is asked, and so it can be kept. The text is equal for two teachers that give equal answers to equal batches, and different
    /// for any other two: a hash of the weights and of how they are used, say. Kept answers and checkpoints are found by it. Default null:
    /// the teacher is not fixed.
    /// </summary>
    public virtual string? Fingerprint => null;

    /// <summary>
    /// Whether the answer is looked up by the row's number, so that only training rows have one; refused where images are mixed. Default
    /// false: it depends on the pixels.
    /// </summary>
    public virtual bool KnowsTrainingRowsOnly => false;

    /// <summary>Answers one batch, without gradient. The tensors belong to the caller's dispose scope.</summary>
    /// <exception cref="InvalidOperationException">
    /// The answer is not one floating point number for each row and class; or the teacher knows training rows only, and the batch is of
    /// other images.
    /// </exception>
    public TeacherSignal Teach(ImageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (KnowsTrainingRowsOnly && batch.RowIds.Count == 0)
            throw new InvalidOperationException($"{Name} knows training rows only, but the batch does not say which rows it is of.");
        if (batch.RowIds.Count != 0 && batch.RowIds.Count != batch.Images.shape[0])
            throw new ArgumentException($"The batch has {batch.Images.shape[0]} images, but {batch.RowIds.Count} row ids.", nameof(batch));
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var signal = TeachCore(batch);
        RequireLogits(signal?.Logits, batch);
        return new TeacherSignal(HandOver(signal!.Logits, scope))
        {
            Features = [.. signal.Features.Select(feature => HandOver(feature, scope))],
            PreActivations = [.. signal.PreActivations.Select(feature => HandOver(feature, scope))],
            Classifier = signal.Classifier?.Select(tensor => HandOver(tensor, scope)),
        };
    }

    /// <summary>
    /// After each step of the student, and once where its head was fitted without a step (<see cref="LinearProbe"/>). Does nothing by
    /// default.
    /// </summary>
    /// <param name="stepCount">Steps taken since the run began, this one included; 0 where the head was fitted.</param>
    public virtual void OnStepEnd(long stepCount)
    {
    }

    /// <summary>
    /// After the last step of each epoch, that in which the head was fitted without a step among them. Does nothing by default.
    /// </summary>
    public virtual void OnEpochEnd()
    {
    }

    /// <summary>
    /// All that a resumed run needs to go on as if it had never stopped; the tensors stay the teacher's. Default: nothing.
    /// </summary>
    public virtual IEnumerable<KeyValuePair<string, Tensor>> ReadState() => [];

    /// <summary>Puts back what <see cref="ReadState"/> gave; the tensors stay the caller's. Does nothing by default.</summary>
    public virtual void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
    }

    /// <summary>Frees what the teacher owns; a second call does nothing.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Answers one batch. It runs without gradient and in a dispose scope of its own: what is returned is moved out of it, and all else is
    /// freed.
    /// </summary>
    /// <param name="batch">The batch; its tensors stay the caller's.</param>
    /// <returns>
    /// Fresh tensors, none of the batch's or the teacher's own, and none made in inference mode, which may not take part in a graph.
    /// </returns>
    protected abstract TeacherSignal TeachCore(ImageBatch batch);

    /// <summary>Frees what the teacher owns; called once. Does nothing by default.</summary>
    protected virtual void DisposeCore()
    {
    }

    // A class inside the record that opens it goes by the name that the user wrote.
    private string Name => (GetType().DeclaringType ?? GetType()).Name;

    private static Tensor HandOver(Tensor tensor, DisposeScope scope) => scope.MoveToOuter(tensor.requires_grad ? tensor.detach() : tensor);

    private void RequireLogits(Tensor? logits, ImageBatch batch)
    {
        var (rows, classes) = (batch.Images.shape[0], batch.Targets.ClassCount);
        if (logits is null || logits.dim() != 2 || logits.shape[0] != rows || logits.shape[1] != classes || !logits.is_floating_point())
        {
            var found = logits is null ? "none" : $"{logits.dtype} of shape {Require.ShapeText(logits)}";
            throw new InvalidOperationException(
                $"{Name} must answer {rows} images with floating point logits of shape [{rows},{classes}], but answered with {found}.");
        }
    }
}
