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
        var device = student.Device;
        var context = new ObjectiveContext(student.ClassCount, device);
        var needs = plan.Objective.Needs;
        if ((needs & (ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures)) == 0)
            return context;
        var images = zeros(batchSize, training.Shape.Channels, training.Shape.Height, training.Shape.Width, ScalarType.Byte, device);
        if (needs.HasFlag(ObjectiveNeeds.StudentFeatures))
            context = context with { StudentStages = Stages(student, "student") };
        if (!needs.HasFlag(ObjectiveNeeds.TeacherFeatures))
            return context;
        if (peer is not null)
        {
            if (needs.HasFlag(ObjectiveNeeds.TeacherClassifier))
                RequireClassifier(plan, Run(peer), TeacherClassifier.Of(peer));
            return context with { TeacherStages = Stages(peer, "peer") };
        }

        var labels = zeros(batchSize, ScalarType.Int64, device);
        var targets = Targets.FromLabels(labels, student.ClassCount);
        var signal = teacher!.Teach(new ImageBatch(images, targets, [.. Enumerable.Range(0, batchSize)], View: 0));
        if (signal.Features.Count == 0)
            throw PlanValidation.NoTeacherFeatures(plan);
        if (needs.HasFlag(ObjectiveNeeds.TeacherClassifier))
            RequireClassifier(plan, new NetworkOutput(signal.Logits) { Features = signal.Features }, signal.Classifier);
        return context with { TeacherStages = Shapes(signal.Features, "teacher") };

        IReadOnlyList<ImageShape> Stages(ImageNetwork network, string whose) => Shapes(Run(network).Features, whose);

        NetworkOutput Run(ImageNetwork network)
        {
            network.eval();
            return network.Run(network.Path.Arrange(images), withFeatures: true);
        }
    }

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
