using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// How a step is executed: compute gradients, reduce, apply. What is particular to one process, to several, to a step of several batches is
/// in the classes below it; what is the same for all (the order, the search for what is not finite) is here.
/// </summary>
/// <param name="participants">Who learns, and who follows.</param>
internal abstract class StepStrategy(RunParticipants participants)
{
    private readonly Parameter[] _parameters = [.. participants.Learners.SelectMany(learner => learner.Parameters)];

    /// <summary>What is read later; null: each step is read before the weights change.</summary>
    public UnreadSteps? Unread { get; init; }

    /// <summary>Takes a step.</summary>
    /// <exception cref="TrainingDivergedException">
    /// An objective is NaN or infinite, or the norm of a gradient that is to be clipped; no weight has changed, unless it was read later.
    /// </exception>
    public StepOutcome Take(StepBatches batches, StepPosition position)
    {
        ArgumentNullException.ThrowIfNull(batches);
        using var scope = NewDisposeScope();
        foreach (var learner in participants.Learners)
            learner.ClearGradients();
        var outcome = Reduce(ComputeGradients(batches, position), _parameters);
        if (!outcome.IsFinite)
            throw outcome.Diagnosis ?? new NonFiniteSearch(participants.Student.Network, position).OfReducedObjective();
        Apply(position);
        return Unread is null ? outcome : outcome + Unread.OnStepEnd();
    }

    /// <summary>
    /// Adds to the gradients of all that learns those of the mean over the rows of the step, or of this process's part of it.
    /// </summary>
    /// <returns>
    /// Rows and objectives of the same rows; no exception where an objective is not finite, as other processes wait for what this one has.
    /// </returns>
    protected abstract StepOutcome ComputeGradients(StepBatches batches, StepPosition position);

    /// <summary>Makes the gradients, and the outcome, of one process those of all.</summary>
    /// <param name="outcome">What <see cref="ComputeGradients"/> returned.</param>
    /// <param name="parameters">All that learns, in an order that is the same in each process; the gradients are theirs.</param>
    protected abstract StepOutcome Reduce(StepOutcome outcome, IReadOnlyList<Parameter> parameters);

    /// <summary>Changes the weights by the gradients, which are clipped where the plan says so, and lets the teacher follow.</summary>
    /// <exception cref="TrainingDivergedException">
    /// The norm of a gradient is not finite; the weights of its learner have not changed.
    /// </exception>
    protected virtual void Apply(StepPosition position)
    {
        foreach (var learner in participants.Learners)
            learner.Step(position);
        participants.Teacher?.OnStepEnd(position.Progress.Step + 1);
    }
}
