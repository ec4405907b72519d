using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What training minimises: a value object that maps student output, targets and teacher signal to a scalar. Deriving a record and
/// overriding <see cref="Needs"/> and <see cref="ComputeCore"/> is all it takes to bring an objective of your own. Objectives add up:
/// <c>0.1 * new CrossEntropy() + 0.9 * new SoftTargetKl { Temperature = 20 }</c>.
/// </summary>
public abstract record Objective
{
    /// <summary>What the plan must supply.</summary>
    public abstract ObjectiveNeeds Needs { get; }

    /// <summary>
    /// Whether it can be computed where samples are without a label: it looks at targets by
    /// <see cref="ObjectiveInput.CrossEntropyOfTargets"/> and <see cref="ObjectiveInput.OfLabelled"/> only, which are 0 for such samples,
    /// so that they have the terms of the teacher alone. Default: where all of its <see cref="Parts"/> can; false where it has none.
    /// </summary>
    public virtual bool TakesUnlabelledSamples => Parts.Any() && Parts.All(part => part.TakesUnlabelledSamples);

    /// <summary>
    /// Whether it can be computed where a sample may have several labels (<see cref="Targets.AreSeveral"/>): what it makes of logits is one
    /// sigmoid a class, or it looks at features only. Default: where all of its <see cref="Parts"/> can; false where it has none.
    /// </summary>
    public virtual bool TakesSeveralLabels => Parts.Any() && Parts.All(part => part.TakesSeveralLabels);

    /// <summary>
    /// Whether a network that is to give one class a sample can be trained by it: what it makes of logits is a softmax, or it looks at
    /// features only. Default: where all of its <see cref="Parts"/> can; true where it has none.
    /// </summary>
    public virtual bool TakesOneLabel => Parts.All(part => part.TakesOneLabel);

    /// <summary>Computes the differentiable scalar; unless the record says otherwise, a mean over samples of sums over classes.</summary>
    /// <returns>A fresh tensor in the caller's dispose scope. All else that was made on the way is disposed.</returns>
    /// <remarks>
    /// <see cref="ComputeCore"/> sees logits and features in float32 at least: those in bfloat16 or float16, whose few digits would be lost
    /// in the differences of softmaxes, are converted, and gradients flow back in their own type. Its own products are in float32, too, in
    /// a run of <see cref="Precision.BFloat16"/>.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The objective computed something else than a floating-point scalar, the input lacks what it needs, it has no samples, or these may
    /// have several labels and the objective does not take them.
    /// </exception>
    public Tensor Compute(ObjectiveInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Student.Logits is { } logits && logits.dim() > 0 && logits.shape[0] == 0)
            throw new InvalidOperationException($"{GetType().Name} cannot be computed of a batch without samples.");
        if (input.Targets.AreSeveral && !TakesSeveralLabels)
            throw new InvalidOperationException(
                $"{GetType().Name} takes one class a sample, but the samples may have several labels; use {nameof(BinaryCrossEntropy)}.");
        using var scope = NewDisposeScope();
        // Products of an objective's own would be narrowed again.
        using var single = Autocast.Suspend();
        return scope.Release(RequireScalar(ComputeCore(input.InSinglePrecision())));
    }

    /// <summary>
    /// The temperature at which the objective softens the teacher's answer; 1, the default, where it does not. Of several the highest.
    /// </summary>
    public virtual double TeacherTemperature => Parts.Select(part => part.TeacherTemperature).DefaultIfEmpty(1).Max();

    /// <summary>
    /// The smoothing, by the uniform convention, of the <see cref="LabelSmoothing"/> that the objective equals but for a factor above 0 and
    /// a constant: 0 for a cross entropy. Null where it equals none, or is not known to.
    /// </summary>
    /// <remarks>
    /// Cross entropy, label smoothing, <see cref="TfKdRegularization"/> with a student that is not softened, and their sums, multiples and
    /// constant <see cref="Ramped"/> forms are all (w - u) H(q, p) + u H(1/K, p) and a constant, for two numbers w and u that add up as the
    /// objectives do; the smoothing is u / w. Any other part makes the result null.
    /// </remarks>
    /// <param name="classCount">Number of classes K, 2 or above.</param>
    public double? EquivalentSmoothing(int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        return AsSmoothedLabel(classCount)?.Smoothing;
    }

    /// <summary>
    /// What the objective asks of the student for a sample beside its label: a softened distribution. Null where it asks for none, and
    /// where a teacher would say it but <paramref name="teacherLogits"/> is empty. Of several parts it is that of the highest
    /// <see cref="TeacherTemperature"/>, of equal ones the first.
    /// </summary>
    /// <remarks>
    /// By default that of the <see cref="Parts"/>; without parts, for an objective that needs a teacher, the softmax of the teacher's
    /// logits divided by <see cref="TeacherTemperature"/>, unless it looks at the teacher's features: these are no target. Override it
    /// where the target is made in another way.
    /// </remarks>
    /// <param name="label">The sample's class, from 0 to K - 1.</param>
    /// <param name="classCount">Number of classes K, 2 or above.</param>
    /// <param name="teacherLogits">The teacher's, one a class; empty without a teacher.</param>
    /// <param name="temperature">To be taken in place of the objective's own; default null: its own.</param>
    public virtual SoftTarget? SoftTargetOf(
        int label, int classCount, ReadOnlySpan<float> teacherLogits = default, double? temperature = null)
    {
        foreach (var part in Parts.OrderByDescending(part => part.TeacherTemperature))
        {
            if (part.SoftTargetOf(label, classCount, teacherLogits, temperature) is { } target)
                return target;
        }

        if (Parts.Any() || teacherLogits.IsEmpty || !Needs.HasFlag(ObjectiveNeeds.Teacher) || Needs.HasFlag(ObjectiveNeeds.TeacherFeatures))
            return null;
        var (own, probabilities) = (temperature ?? TeacherTemperature, new double[classCount]);
        SpanSoftmax.Of(teacherLogits, own, probabilities);
        return new(this, own, probabilities);
    }

    /// <summary>
    /// The same where it is made of the teacher's answer; null where it is not: what an objective asks of the student without a teacher, or
    /// of its features alone, says nothing of the teacher.
    /// </summary>
    internal SoftTarget? TeacherTargetOf(int label, int classCount, ReadOnlySpan<float> teacherLogits) =>
        SoftTargetOf(label, classCount, teacherLogits) is { } target && target.Source.Needs.HasFlag(ObjectiveNeeds.Teacher)
            ? target
            : null;

    /// <summary>
    /// The objectives this one is made of; none by default. One that wraps others must name them, or their states are never made.
    /// </summary>
    public virtual IEnumerable<Objective> Parts => [];

    /// <summary>
    /// Makes what the objective keeps over a run, to be had back by <see cref="ObjectiveInput.RequireState"/>; null, the default, where it
    /// keeps nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The objective does not fit the networks.</exception>
    public virtual ObjectiveState? CreateState(ObjectiveContext context) => null;

    /// <summary>
    /// Computes the objective outside of a training run: for loops of your own, and for tests. Objectives on features need a run.
    /// </summary>
    /// <param name="studentLogits">[N,K] of at least two classes, floating point.</param>
    /// <param name="labels">
    /// [N], int64; or for objectives that take several labels [N,K], floating point, as <see cref="Targets.FromIndicators"/> has it.
    /// </param>
    /// <param name="teacherLogits">[N,K]; required by objectives that need a teacher, otherwise ignored.</param>
    /// <param name="partnerLogits">
    /// [N,K], what the student says of another image of each row's class; required by objectives that need
    /// <see cref="ObjectiveNeeds.ClassPartners"/>, otherwise ignored.
    /// </param>
    /// <returns>A differentiable scalar of the logits' type, float32 for logits in bfloat16 or float16.</returns>
    /// <exception cref="ArgumentException">
    /// A shape, a type or a label does not fit, there are no rows, or the teacher or the partners are missing.
    /// </exception>
    /// <exception cref="InvalidOperationException">The objective looks at features.</exception>
    /// <example><code>
    /// using var loss = new KnowledgeDistillation { Temperature = 4 }.Evaluate(logits, labels, teacherLogits);
    /// loss.backward();
    /// </code></example>
    public Tensor Evaluate(Tensor studentLogits, Tensor labels, Tensor? teacherLogits = null, Tensor? partnerLogits = null)
    {
        RequireFitting(studentLogits, labels, teacherLogits, partnerLogits);
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        var targets = labels.dim() == 2
            ? Targets.FromIndicators(labels)
            : Targets.FromLabels(labels, checked((int)studentLogits.shape[1]));
        var teacher = teacherLogits is null ? null : new TeacherSignal(teacherLogits.detach());
        using var states = ObjectiveStates.Create(this, new ObjectiveContext(checked((int)studentLogits.shape[1]), studentLogits.device));
        var input = new ObjectiveInput(new NetworkOutput(studentLogits), targets, teacher, new TrainingProgress(0, 1, 0), log)
        {
            States = states,
            PartnerLogits = partnerLogits?.detach(),
        };
        return Compute(input).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Computes the objective. <see cref="Compute"/> calls it within a dispose scope and takes care of the result, so there is nothing to
    /// be disposed or moved here; objectives that wrap others call their <see cref="Compute"/>.
    /// </summary>
    /// <param name="input">Not null. Its tensors stay the caller's.</param>
    /// <returns>A differentiable floating-point scalar, of shape [].</returns>
    protected abstract Tensor ComputeCore(ObjectiveInput input);

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

    /// <summary>
    /// The objective in the form of a cross entropy with a smoothed label; null where it has none. See <see cref="EquivalentSmoothing"/>.
    /// </summary>
    internal virtual SmoothedLabel? AsSmoothedLabel(int classCount) => null;

    private void RequireFitting(Tensor studentLogits, Tensor labels, Tensor? teacherLogits, Tensor? partnerLogits)
    {
        Require.Logits(studentLogits);
        if (studentLogits.shape[1] < 2)
            throw new ArgumentException(
                $"studentLogits must have at least two classes, but has shape {Require.ShapeText(studentLogits)}.", nameof(studentLogits));
        if (studentLogits.shape[0] == 0)
            throw new ArgumentException(
                $"studentLogits must have at least one row, but has shape {Require.ShapeText(studentLogits)}.", nameof(studentLogits));
        ArgumentNullException.ThrowIfNull(labels);
        if (TakesSeveralLabels && labels.dim() == 2)
            Require.Indicators(labels, studentLogits);
        else
            Require.Labels(labels, studentLogits);
        if (Needs.HasFlag(ObjectiveNeeds.Teacher) && teacherLogits is null)
            throw new ArgumentNullException(nameof(teacherLogits), $"{GetType().Name} needs a teacher's logits.");
        if (Needs.HasFlag(ObjectiveNeeds.ClassPartners) && partnerLogits is null)
            throw new ArgumentNullException(
                nameof(partnerLogits), $"{GetType().Name} needs the student's logits for other images of the rows' classes.");
        if ((Needs & (ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures)) != 0)
            throw new InvalidOperationException(
                $"{GetType().Name} looks at features by stage and cannot be computed from logits alone; train with it.");
        if (teacherLogits is not null)
        {
            Require.Logits(teacherLogits);
            Require.SameShape(teacherLogits, studentLogits);
        }

        if (partnerLogits is not null)
        {
            Require.Logits(partnerLogits);
            Require.SameShape(partnerLogits, studentLogits);
        }
    }

    private Tensor RequireScalar(Tensor? value) => value is not null && value.dim() == 0 && value.is_floating_point()
        ? value
        : throw new InvalidOperationException(
            $"{GetType().Name}.{nameof(ComputeCore)} must return a floating-point scalar, of shape [], but returned "
            + (value is null
                ? "null."
                : $"{value.dtype} of shape {Require.ShapeText(value)}. {nameof(ObjectiveInput)}.{nameof(ObjectiveInput.MeanOverRows)} "
                    + "makes a scalar of one value a sample."));
}
