using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What steps brought, left where it was computed and read a few steps at a time: a graphics card that is asked after each step has nothing
/// to do until the answer has come and the next step is sent to it.
/// </summary>
/// <param name="participants">Who learns, and who teaches.</param>
/// <param name="stepsARead">How many steps are read at once.</param>
internal sealed class UnreadSteps(RunParticipants participants, int stepsARead) : IDisposable
{
    private const int StepsOfDevices = 16;

    private readonly List<UnreadBatch> _batches = [];
    private int _steps;

    /// <summary>
    /// Whether a plan wants it: a processor has computed all before the next step begins, and is read at each; several processes sum what
    /// they read, and an ascent goes by the norm that it reads.
    /// </summary>
    public static bool AreWantedBy(TrainingPlan plan) =>
        plan.Replicas is null && plan.Optimizer is not Sam && StepsAReadOf(plan) > 1;

    /// <summary>Makes them, where the plan wants it.</summary>
    public static UnreadSteps? Of(TrainingPlan plan, RunParticipants participants) =>
        AreWantedBy(plan) ? new(participants, StepsAReadOf(plan)) : null;

    /// <summary>Takes a batch, whose learners have recorded their terms.</summary>
    /// <param name="position">Its step.</param>
    /// <param name="counts">How many answers were right, and of how many; taken over.</param>
    /// <param name="answers">Logits [N,K] of teacher and student, and labels [N]; they stay the caller's. Null: nobody asks.</param>
    public void Add(StepPosition position, Tensor counts, (Tensor Teacher, Tensor Student, Tensor Labels)? answers) =>
        _batches.Add(new(
            position,
            [.. participants.Learners.Select(learner => (learner, learner.TermsOfBatch!))],
            counts.DetachFromDisposeScope(),
            answers is var (teacher, student, labels)
                ? (Kept(teacher), Kept(student), labels.alias().DetachFromDisposeScope())
                : null));

    /// <summary>After a step: reads where enough are there.</summary>
    /// <returns>What the steps brought that were read, but for the rows, which are known.</returns>
    /// <exception cref="TrainingDivergedException">Something of them was not finite; the first such step is named.</exception>
    public StepOutcome OnStepEnd() => ++_steps < stepsARead ? StepOutcome.OfNothing : Read();

    /// <summary>Reads what is there.</summary>
    /// <inheritdoc cref="OnStepEnd"/>
    public StepOutcome Read()
    {
        try
        {
            foreach (var batch in _batches)
                batch.RequireFinite(_batches[^1].Position);
            return _batches.Aggregate(StepOutcome.OfNothing, (sum, batch) => sum + batch.Read(participants.Statistics));
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Forgets what is there.</summary>
    public void Dispose()
    {
        foreach (var batch in _batches)
            batch.Dispose();
        _batches.Clear();
        _steps = 0;
    }

    private static int StepsAReadOf(TrainingPlan plan) =>
        plan.StepsARead ?? (plan.Device is null or { type: DeviceType.CPU } ? 1 : StepsOfDevices);

    private static Tensor Kept(Tensor logits) => logits.detach().DetachFromDisposeScope();

    private sealed record UnreadBatch(
        StepPosition Position, IReadOnlyList<(Learner Learner, LossLog Terms)> Learners, Tensor Counts,
        (Tensor Teacher, Tensor Student, Tensor Labels)? Answers) : IDisposable
    {
        public void RequireFinite(StepPosition last)
        {
            foreach (var (learner, terms) in Learners)
            {
                var means = terms.Means;
                if (!means.Values.All(double.IsFinite))
                    throw learner.SearchAfter(Position).OfUnread(learner.Objective, means, last);
            }
        }

        public StepOutcome Read(TeacherStatistics? statistics)
        {
            using var scope = NewDisposeScope();
            if (Answers is var (teacher, student, labels))
                statistics?.Add(teacher, student, labels);
            var counts = Counts.cpu().data<long>();
            return StepOutcome.OfNothing with { Correct = counts[0], Labelled = counts[1] };
        }

        public void Dispose()
        {
            foreach (var (_, terms) in Learners)
                terms.Dispose();
            Counts.Dispose();
            if (Answers is not var (teacher, student, labels))
                return;
            teacher.Dispose();
            student.Dispose();
            labels.Dispose();
        }
    }
}
