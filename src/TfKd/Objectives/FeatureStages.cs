using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Which stages an objective looks at, and how features of two networks are brought to one size.</summary>
internal static class FeatureStages
{
    /// <summary>The place of a stage, from 0.</summary>
    /// <param name="stage">Counted from 0, or from the end where it is below 0; null is the middle, and of two middles the later.</param>
    /// <param name="count">How many stages there are.</param>
    public static int Index(int? stage, int count) => stage is not { } number ? count / 2 : number < 0 ? count + number : number;

    /// <summary>The feature of a stage.</summary>
    public static Tensor At(int? stage, IReadOnlyList<Tensor> features) => features[Index(stage, features.Count)];

    /// <summary>Checks that a stage is there, and gives its shape.</summary>
    /// <param name="objective">Whose stage it is.</param>
    /// <param name="property">The property that names it.</param>
    /// <param name="stage">See <see cref="Index"/>.</param>
    /// <param name="stages">The stages of the network that it is of.</param>
    /// <param name="context">Both networks.</param>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public static ImageShape Require(
        Objective objective, string property, int? stage, IReadOnlyList<ImageShape> stages, ObjectiveContext context)
    {
        var index = Index(stage, stages.Count);
        return index >= 0 && index < stages.Count
            ? stages[index]
            : throw new InvalidOperationException(
                $"{property} is {stage?.ToString() ?? "the middle one"}, but {Describe(context)} ({objective}).");
    }

    /// <summary>The stages of both networks in words.</summary>
    public static string Describe(ObjectiveContext context) =>
        $"the student has {Text(context.StudentStages)} and the teacher {Text(context.TeacherStages)}";

    /// <summary>Averages whatever is larger down to the other's height and width.</summary>
    public static (Tensor Student, Tensor Teacher) SameSize(Tensor student, Tensor teacher)
    {
        var (height, width) = (Math.Min(student.shape[2], teacher.shape[2]), Math.Min(student.shape[3], teacher.shape[3]));
        return (Pool(student), Pool(teacher));

        Tensor Pool(Tensor feature) => feature.shape[2] == height && feature.shape[3] == width
            ? feature.alias()
            : nn.functional.adaptive_avg_pool2d(feature, (height, width));
    }

    /// <summary>A feature [N,C,H,W] with its positions as rows, [N,H W,C]: a product of matrices then maps the channels.</summary>
    public static Tensor ChannelsLast(Tensor feature) => feature.flatten(2).transpose(1, 2);

    private static string Text(IReadOnlyList<ImageShape> stages) =>
        stages.Count == 0 ? "no stages" : $"the stages 0 to {stages.Count - 1} [{string.Join(", ", stages)}]";
}
