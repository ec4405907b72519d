using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The teacher's classifier in the student, where it learns nothing until this is disposed.</summary>
internal sealed class ClassifierReuse : IDisposable
{
    private readonly IReadOnlyList<Parameter> _parameters;

    private ClassifierReuse(IReadOnlyList<Parameter> parameters) => _parameters = parameters;

    /// <summary>Gives the student the teacher's classifier; null where the objective does not ask for it.</summary>
    /// <param name="plan">Whose objective it is.</param>
    /// <param name="student">Who learns, with the path that it computes by.</param>
    /// <param name="teacher">Who teaches; null with a peer.</param>
    /// <param name="batchSize">A batch size that the kernels were checked for.</param>
    /// <param name="training">The rows.</param>
    /// <exception cref="InvalidOperationException">
    /// The teacher changes in the run, the student's logits are not made by one linear layer of the mean of its last stage, or that has
    /// other channels than the teacher's.
    /// </exception>
    public static ClassifierReuse? Take(
        TrainingPlan plan, ImageNetwork student, Teacher? teacher, int batchSize, IImageSource training)
    {
        if (!plan.Objective.Needs.HasFlag(ObjectiveNeeds.ReusedClassifier))
            return null;
        if (teacher?.Fingerprint is null)
            throw new InvalidOperationException(
                $"{plan.Objective} gives the student the classifier of a teacher that stays as it is, but {plan.Teacher} changes in the "
                    + "run; use a trained network as the teacher, or another objective.");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var kernels = student.PathOf(batchSize).Enter();
        var answer = FeatureProbe.RunOnBlack(student, batchSize, training.Shape);
        if (NetworkHead.TryFind(student)?.Module is not Linear head
            || !TeacherClassifier.Of(student)!.Makes(answer.Logits, answer.Features[^1]))
            throw new InvalidOperationException(
                $"{plan.Objective} gives the student the teacher's classifier, but {student.Architecture} has none that is a linear layer "
                    + $"on the mean over positions of the last stage; set Network to a {nameof(ProjectedNetwork)}.");
        var classifier = FeatureProbe.TeachBlack(teacher, student, batchSize, training.Shape).Classifier!;
        var (own, given) = (head.in_features, classifier.Weight.shape[1]);
        if (own != given)
            throw new InvalidOperationException(
                $"{plan.Objective} gives the student the teacher's classifier, which reads {given} channels, but the student's last stage "
                    + $"has {own}; set Network to a {nameof(ProjectedNetwork)} with {nameof(ProjectedNetwork.Channels)} = {given}.");
        if (head.bias is null && classifier.Bias is { } lost && lost.ne(0).any().item<bool>())
            throw new InvalidOperationException(
                $"{plan.Objective} gives the student the teacher's classifier, which has a bias, but that of {student.Architecture} has "
                    + $"none; give its last layer a bias, or set Network to a {nameof(ProjectedNetwork)}.");
        head.weight.copy_(classifier.Weight);
        if (head.bias is { } bias)
            bias.copy_(classifier.Bias ?? zeros_like(bias));
        List<Parameter> parameters = [.. head.parameters().Where(parameter => parameter.requires_grad)];
        foreach (var parameter in parameters)
            parameter.requires_grad = false;
        return new(parameters);
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters)
            parameter.requires_grad = true;
    }
}
