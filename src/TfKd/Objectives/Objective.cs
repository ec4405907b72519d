using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What training minimises: a value object that maps student output, targets and teacher signal to a scalar. Deriving a record and overriding
/// <see cref="Needs"/> and <see cref="Compute"/> is all it takes to bring an objective of your own. Objectives add up:
/// <c>0.1 * new CrossEntropy() + 0.9 * new SoftTargetKl { Temperature = 20 }</c>.
/// </summary>
public abstract record Objective
{
    /// <summary>What the plan must supply.</summary>
    public abstract ObjectiveNeeds Needs { get; }

    /// <summary>Computes the differentiable scalar; unless the record says otherwise, a mean over rows of sums over classes.</summary>
    public abstract Tensor Compute(ObjectiveInput input);

    /// <summary>Computes the objective outside of a training run: for loops of your own, and for tests.</summary>
    /// <param name="studentLogits">[N,K] of at least two classes, floating point.</param>
    /// <param name="labels">[N], int64.</param>
    /// <param name="teacherLogits">[N,K]; required by objectives that need a teacher, otherwise ignored.</param>
    /// <returns>A differentiable scalar of the logits' type.</returns>
    /// <exception cref="ArgumentException">A shape or type does not fit, or the teacher is missing.</exception>
    public Tensor Evaluate(Tensor studentLogits, Tensor labels, Tensor? teacherLogits = null)
    {
        Require.Logits(studentLogits);
        if (studentLogits.shape[1] < 2)
            throw new ArgumentException($"studentLogits must have at least two classes, but has shape {Require.ShapeText(studentLogits)}.", nameof(studentLogits));
        Require.Labels(labels, studentLogits);
        if (Needs.HasFlag(ObjectiveNeeds.Teacher) && teacherLogits is null)
            throw new ArgumentNullException(nameof(teacherLogits), $"{GetType().Name} needs a teacher's logits.");
        if (teacherLogits is not null)
        {
            Require.Logits(teacherLogits);
            Require.SameShape(teacherLogits, studentLogits);
        }

        using var scope = NewDisposeScope();
        using var log = new LossLog();
        var targets = Targets.FromLabels(labels, checked((int)studentLogits.shape[1]));
        var teacher = teacherLogits is null ? null : new TeacherSignal(teacherLogits.detach());
        return Compute(new ObjectiveInput(new NetworkOutput(studentLogits), targets, teacher, new TrainingProgress(0, 1, 0), log)).MoveToOuterDisposeScope();
    }

    /// <summary>Scales an objective.</summary>
    public static WeightedSum operator *(double weight, Objective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        return new WeightedSum([.. WeightedSum.TermsOf(objective).Select(term => term with { Weight = weight * term.Weight })]);
    }

    /// <summary>Adds two objectives.</summary>
    public static WeightedSum operator +(Objective left, Objective right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new WeightedSum([.. WeightedSum.TermsOf(left), .. WeightedSum.TermsOf(right)]);
    }

    /// <summary>Keeps <see cref="Needs"/> out of the text of the derived records.</summary>
    protected virtual bool PrintMembers(StringBuilder builder) => false;
}
