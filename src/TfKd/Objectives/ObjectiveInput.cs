using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>All that an objective may look at. One object, so that a later member breaks nobody.</summary>
/// <param name="Student">The student's output, with gradient.</param>
/// <param name="Targets">What the rows should be classified as.</param>
/// <param name="Teacher">The teacher's answer; null where the plan has no teacher.</param>
/// <param name="Progress">Where the run stands.</param>
/// <param name="Log">Takes the value of each named term.</param>
public sealed record ObjectiveInput(NetworkOutput Student, Targets Targets, TeacherSignal? Teacher, TrainingProgress Progress, LossLog Log)
{
    /// <summary>
    /// The student's answer to another image of each row's class, [N,K], without gradient; null unless the objective needs
    /// <see cref="ObjectiveNeeds.ClassPartners"/>.
    /// </summary>
    public Tensor? PartnerLogits { get; init; }

    /// <summary>
    /// The number of the training row that each sample is; empty where they are none, and unless the objective needs
    /// <see cref="ObjectiveNeeds.RowIds"/>.
    /// </summary>
    public IReadOnlyList<int> RowIds { get; init; } = [];

    internal ObjectiveStates? States { get; init; }

    /// <summary>
    /// How much the samples that have a label count beside those that have not, one number a class, as <see cref="ClassWeighting"/> of the
    /// plan has it; null where it has none, and where samples have one label each.
    /// </summary>
    internal IReadOnlyList<double>? PositiveWeights { get; init; }

    /// <summary>The same with logits and features of half precision in float32; itself where there are none.</summary>
    internal ObjectiveInput InSinglePrecision()
    {
        IEnumerable<Tensor?> seen =
        [
            Student.Logits, .. Student.Features, .. Student.PreActivations, Teacher?.Logits, .. Teacher?.Features ?? [],
            .. Teacher?.PreActivations ?? [], Teacher?.Classifier?.Weight, PartnerLogits,
        ];
        return !seen.Any(IsHalf) ? this : this with
        {
            Student = Student with
            {
                Logits = Single(Student.Logits),
                Features = [.. Student.Features.Select(Single)],
                PreActivations = [.. Student.PreActivations.Select(Single)],
            },
            Teacher = Teacher is null
                ? null
                : Teacher with
                {
                    Logits = Single(Teacher.Logits),
                    Features = [.. Teacher.Features.Select(Single)],
                    PreActivations = [.. Teacher.PreActivations.Select(Single)],
                    Classifier = Teacher.Classifier?.Select(Single),
                },
            PartnerLogits = PartnerLogits is null ? null : Single(PartnerLogits),
        };
    }

    private static bool IsHalf(Tensor? values) => values?.dtype is ScalarType.BFloat16 or ScalarType.Float16;

    private static Tensor Single(Tensor values) => IsHalf(values) ? values.to(ScalarType.Float32) : values;

    /// <summary>The teacher's answer, for objectives that declare <see cref="ObjectiveNeeds.Teacher"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public TeacherSignal RequireTeacher() =>
        Teacher ?? throw new InvalidOperationException("The objective needs a teacher, but there is none: name a TeacherSource beside it.");

    /// <summary>The teacher's classifier, for objectives that declare <see cref="ObjectiveNeeds.TeacherClassifier"/>.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public TeacherClassifier RequireTeacherClassifier() => RequireTeacher().Classifier
        ?? throw new InvalidOperationException("The objective needs the teacher's classifier, but the teacher's answer has none.");

    /// <summary>The classes of the rows, for objectives that declare <see cref="ObjectiveNeeds.HardLabels"/>.</summary>
    /// <exception cref="InvalidOperationException">The targets are mixtures.</exception>
    public Tensor RequireLabels() =>
        Targets.Labels ?? throw new InvalidOperationException("The objective needs one class a row, but the targets are mixtures.");

    /// <summary>
    /// The student's answer to another image of each row's class, for objectives that declare <see cref="ObjectiveNeeds.ClassPartners"/>.
    /// </summary>
    /// <returns>[N,K], without gradient.</returns>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public Tensor RequirePartnerLogits() =>
        PartnerLogits
            ?? throw new InvalidOperationException(
                "The objective needs the student's answers to other images of the rows' classes, but there are none.");

    /// <summary>The numbers of the training rows, for objectives that declare <see cref="ObjectiveNeeds.RowIds"/>.</summary>
    /// <exception cref="InvalidOperationException">There is not one for each sample.</exception>
    public IReadOnlyList<int> RequireRowIds() => RowIds.Count == Student.Logits.shape[0]
        ? RowIds
        : throw new InvalidOperationException(
            $"The objective needs the number of each sample's training row, but has {RowIds.Count} for {Student.Logits.shape[0]} samples.");

    /// <summary>What an objective keeps over the run: the state that its <see cref="Objective.CreateState"/> made.</summary>
    /// <param name="objective">The objective that asks: itself.</param>
    /// <exception cref="InvalidOperationException">
    /// There is none, since the objective is computed outside of a run or is no part of the plan's.
    /// </exception>
    public TState RequireState<TState>(Objective objective) where TState : ObjectiveState
    {
        ArgumentNullException.ThrowIfNull(objective);
        return States?.Find(objective) as TState
            ?? throw new InvalidOperationException($"{objective} has no {typeof(TState).Name} here: it must be the plan's objective, or "
                + $"be named among its {nameof(Objective.Parts)}.");
    }

    /// <summary>
    /// Cross entropy of the targets, whether they are labels or mixtures; 0 for a sample without a label, and that of the others times
    /// <see cref="Targets.LabelScale"/>.
    /// </summary>
    /// <param name="logProbabilities">The student's, [N,K].</param>
    /// <returns>[N].</returns>
    public Tensor CrossEntropyOfTargets(Tensor logProbabilities)
    {
        if (Targets.Labels is { } labels)
            return Divergences.NegativeLogLikelihood(labels, logProbabilities);
        var rows = Divergences.CrossEntropy(Targets.Probabilities, logProbabilities);
        return Targets.LabelScale is { } scale ? rows * scale : rows;
    }

    /// <summary>
    /// What a term makes of each sample, where it is for samples with a label: times the share of the sample that has one (0 without, less
    /// than 1 where it was mixed with one without) and <see cref="Targets.LabelScale"/>. Itself where all samples have one.
    /// </summary>
    /// <param name="perRow">One value a sample, [N].</param>
    public Tensor OfLabelled(Tensor perRow)
    {
        ArgumentNullException.ThrowIfNull(perRow);
        return Targets.LabelScale is { } scale ? perRow * Targets.LabelledShares! * scale : perRow;
    }

    /// <summary>
    /// The one place where rows become a scalar: their mean, weighted by <see cref="Targets.RowWeights"/> where there are any.
    /// </summary>
    /// <param name="perRow">One value a sample, [N].</param>
    public Tensor MeanOverRows(Tensor perRow)
    {
        ArgumentNullException.ThrowIfNull(perRow);
        if (Targets.RowWeights is not { } weights)
            return perRow.mean();
        using var weighted = perRow * weights;
        return weighted.mean();
    }

    /// <summary>
    /// The share of each sample in a mean of the batch itself, [N], which add up to 1; null where all weigh the same. Row weights have a
    /// mean of 1 over the run, not over each batch: what stands for the batch, and is no part of a loss, takes these.
    /// </summary>
    internal Tensor? SharesOfBatch() => Targets.RowWeights is { } weights
        ? weights / weights.sum().clamp(min: finfo(weights.dtype).tiny)
        : null;

    /// <summary>The mean over samples, recorded in <see cref="Log"/> as the value of a term.</summary>
    /// <param name="perRow">One value a sample, [N].</param>
    /// <param name="term">The term's name, such as <c>cross_entropy</c>.</param>
    public Tensor MeanOverRows(Tensor perRow, string term)
    {
        var mean = MeanOverRows(perRow);
        Log.Record(term, mean);
        return mean;
    }
}
