using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Computes any objective from logits: those that look at features get features that are linear in the logits, of networks that differ in
/// the number of stages, in channels (but for the last) and in sizes; those that need partners get the teacher's logits for them.
/// </summary>
internal static class Evaluation
{
    public static readonly ImageShape[] StudentStages = [new(3, 6, 5), new(4, 4, 4), new(7, 2, 2)];
    public static readonly ImageShape[] TeacherStages = [new(2, 8, 8), new(6, 3, 5), new(4, 4, 2), new(7, 2, 2)];

    public static bool LooksAtFeatures(Objective objective) =>
        (objective.Needs & (ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures)) != 0;

    /// <summary>The value, differentiable in the student's logits. States are made anew, the same each time.</summary>
    public static Tensor Of(Objective objective, Tensor student, Tensor labels, Tensor? teacher = null, Tensor? rowWeights = null)
    {
        random.manual_seed(1);
        if (!LooksAtFeatures(objective) && rowWeights is null)
            return objective.Evaluate(student, labels, teacher, teacher ?? student);
        using var scope = NewDisposeScope();
        using var log = new LossLog();
        using var states = States(objective, checked((int)student.shape[1]), student.dtype);
        return objective
            .Compute(Input(student, Targets.FromLabels(labels, checked((int)student.shape[1]), rowWeights), teacher, log, states))
            .MoveToOuterDisposeScope();
    }

    public static ObjectiveStates States(Objective objective, int classes, ScalarType type)
    {
        var states = ObjectiveStates.Create(
            objective,
            new ObjectiveContext(classes, CPU)
            {
                StudentStages = StudentStages,
                TeacherStages = TeacherStages,
                TrainingLabels = [.. Enumerable.Range(0, 64).Select(row => row % classes)],
            });
        foreach (var part in objective.Parts.Prepend(objective))
            states.Find(part)?.to(type);
        return states;
    }

    public static ObjectiveInput Input(Tensor student, Targets targets, Tensor? teacher, LossLog log, ObjectiveStates? states) =>
        new(
            new NetworkOutput(student)
            {
                Features = Features(student, StudentStages),
                PreActivations = Features(student, StudentStages),
            },
            targets,
            teacher is null ? null : new TeacherSignal(teacher.detach())
            {
                Features = Features(teacher.detach(), TeacherStages),
                PreActivations = Features(teacher.detach(), TeacherStages),
                Classifier = new(Waves(teacher.shape[1], TeacherStages[^1].Channels).to(teacher.dtype), null),
            },
            new TrainingProgress(0, 1, 0),
            log)
        {
            States = states,
            RowIds = [.. Enumerable.Range(0, (int)student.shape[0])],
            PartnerLogits = (teacher ?? student).detach(),
        };

    private static IReadOnlyList<Tensor> Features(Tensor logits, ImageShape[] stages)
    {
        using var scope = NewDisposeScope();
        // Teachers of a few classes say minus infinity of the others.
        var finite = logits.clamp(-1e4, 1e4);
        return [.. stages.Select(stage => Feature(finite, stage).MoveToOuterDisposeScope())];
    }

    private static Tensor Feature(Tensor logits, ImageShape stage)
    {
        var classes = logits.shape[1];
        var size = stage.Channels * stage.Height * stage.Width;
        var map = Waves(classes, size, stage.Channels) / Math.Sqrt(classes);
        return logits.matmul(map.to(logits.dtype)).view(-1, stage.Channels, stage.Height, stage.Width);
    }

    private static Tensor Waves(long rows, long columns, double shift = 0) =>
        (arange(rows * columns, ScalarType.Float64) * 0.7 + shift).sin().view(rows, columns);
}
