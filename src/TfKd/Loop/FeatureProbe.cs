using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Finds out, by one forward pass over black images, what shapes the features have that the objective will see.</summary>
internal static class FeatureProbe
{
    /// <param name="plan">Whose objective it is.</param>
    /// <param name="student">Who learns, with the path that it computes by.</param>
    /// <param name="peer">Who learns beside it.</param>
    /// <param name="teacher">Who teaches.</param>
    /// <param name="batchSize">A batch size that the kernels were checked for.</param>
    /// <param name="training">The rows.</param>
    /// <exception cref="InvalidOperationException">
    /// The student or the teacher has no features by stage, or others than [N,C,H,W], and the objective looks at them.
    /// </exception>
    public static ObjectiveContext Describe(
        TrainingPlan plan, ImageNetwork student, ImageNetwork? peer, Teacher? teacher, int batchSize, IImageSource training)
    {
        using var scope = NewDisposeScope();
        using var kernels = student.PathOf(batchSize).Enter();
        using var noGradient = no_grad();
        var needs = plan.Objective.Needs;
        var context = new ObjectiveContext(student.ClassCount, student.Device)
        {
            TrainingLabels =
                needs.HasFlag(ObjectiveNeeds.RowIds) ? [.. Enumerable.Range(0, training.Count).Select(training.GetLabel)] : [],
        };
        if (needs.HasFlag(ObjectiveNeeds.StudentFeatures))
            context = context with { StudentStages = Shapes(RunOnBlack(student, batchSize, training.Shape).Features, "student") };
        if (!needs.HasFlag(ObjectiveNeeds.TeacherFeatures))
            return context;
        var (answer, classifier) = peer is null
            ? TeachBlack(teacher!, student, batchSize, training.Shape)
            : (RunOnBlack(peer, batchSize, training.Shape), TeacherClassifier.Of(peer));
        if (answer.Features.Count == 0)
            throw PlanValidation.NoTeacherFeatures(plan);
        if (needs.HasFlag(ObjectiveNeeds.PreActivations) && answer.PreActivations.Count != answer.Features.Count)
            throw PlanValidation.NoPreActivations(plan);
        if (needs.HasFlag(ObjectiveNeeds.TeacherClassifier))
            RequireClassifier(plan, answer, classifier);
        return context with { TeacherStages = Shapes(answer.Features, peer is null ? "teacher" : "peer") };
    }

    /// <summary>What a network makes of black images, in evaluation mode.</summary>
    public static NetworkOutput RunOnBlack(ImageNetwork network, int batchSize, ImageShape shape)
    {
        network.eval();
        return network.Run(network.Path.Arrange(Black(network.Device, batchSize, shape)), withFeatures: true, withPreActivations: true);
    }

    /// <summary>What a teacher says of them.</summary>
    public static (NetworkOutput Answer, TeacherClassifier? Classifier) TeachBlack(
        Teacher teacher, ImageNetwork student, int batchSize, ImageShape shape)
    {
        var targets = Targets.FromLabels(zeros(batchSize, ScalarType.Int64, student.Device), student.ClassCount);
        var rows = Enumerable.Range(0, batchSize).ToArray();
        var signal = teacher.Teach(new ImageBatch(Black(student.Device, batchSize, shape), targets, rows, View: 0));
        return (
            new NetworkOutput(signal.Logits) { Features = signal.Features, PreActivations = signal.PreActivations }, signal.Classifier);
    }

    /// <summary>Black images, [N,C,H,W] of bytes.</summary>
    public static Tensor Black(Device device, int batchSize, ImageShape shape) =>
        zeros(batchSize, shape.Channels, shape.Height, shape.Width, ScalarType.Byte, device);

    private static void RequireClassifier(TrainingPlan plan, NetworkOutput answer, TeacherClassifier? classifier)
    {
        if (classifier is null || answer.Features[^1].dim() != 4 || !classifier.Makes(answer.Logits, answer.Features[^1]))
            throw new InvalidOperationException(
                $"{plan.Objective} uses the classifier of the teacher, but {plan.Teacher} has none that is a linear layer on the mean over "
                    + "positions of the last stage; use a teacher such as ResNet, or another objective.");
    }

    private static IReadOnlyList<ImageShape> Shapes(IReadOnlyList<Tensor> features, string whose) => [.. features.Select((feature, stage) =>
        feature.dim() == 4
            ? new ImageShape((int)feature.shape[1], (int)feature.shape[2], (int)feature.shape[3])
            : throw new InvalidOperationException(
                $"Stage {stage} of the {whose} returns {Require.ShapeText(feature)}, but a feature must have the shape [N,C,H,W]."))];
}
