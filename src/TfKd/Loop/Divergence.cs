using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Finds out what is not finite in a step, and says so.</summary>
/// <param name="Network">The network that learns.</param>
/// <param name="Progress">The step.</param>
/// <param name="LearningRate">The rate of the step.</param>
internal sealed record Divergence(ImageNetwork Network, TrainingProgress Progress, double LearningRate)
{
    private const string Advice = "A lower learning rate, a longer warm-up, or MaxGradientNorm usually helps.";

    private string Place => FormattableString.Invariant($"in epoch {Progress.Epoch + 1}, step {Progress.Step + 1}, at learning rate {LearningRate:G3}");

    /// <summary>An objective that is not finite.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="input">What it was computed of.</param>
    /// <param name="value">Its value.</param>
    public TrainingDivergedException OfObjective(Objective objective, ObjectiveInput input, double value)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        // The log of the run has sums over the epoch; only the terms of this very step tell which of them it was.
        using var log = new LossLog();
        objective.Compute(input with { Log = log });
        var term = log.Means.FirstOrDefault(mean => !double.IsFinite(mean.Value)).Key ?? Learner.TotalTerm;
        var terms = string.Join(", ", log.Means.Select(mean => FormattableString.Invariant($"{mean.Key} {mean.Value}")));
        return Exception(
            FormattableString.Invariant($"The objective is {value} {Place} ({objective}; its terms in this step: {(terms.Length > 0 ? terms : "none")}). {Origin(input)}{Advice}"), term);
    }

    /// <summary>Gradients whose norm is not finite.</summary>
    public TrainingDivergedException OfGradient(double norm) =>
        Exception(FormattableString.Invariant($"The norm of the gradient is {norm} {Place}; the objective is finite. {Advice}"), "gradient");

    /// <summary>Throws where a weight is not finite.</summary>
    /// <exception cref="TrainingDivergedException">There is one.</exception>
    public void RequireFiniteWeights()
    {
        if (FindWeight() is { } name)
            throw Exception(FormattableString.Invariant($"The weight '{name}' is not finite after the step {Place}; the objective was finite, so the gradient was not, or the step was too long. {Advice}"), name);
    }

    private string Origin(ObjectiveInput input)
    {
        if (FindWeight() is { } weight)
            return $"The weight '{weight}' was not finite any more: the step before made it so. ";
        if (!IsFinite(input.Student.Logits))
            return "The network's answer is not finite, but its weights are. ";
        return input.Teacher is { } teacher && !IsFinite(teacher.Logits) ? "The teacher's answer is not finite. " : "";
    }

    private string? FindWeight()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return Network.Body.named_parameters().FirstOrDefault(entry => !IsFinite(entry.parameter)).name;
    }

    private TrainingDivergedException Exception(string message, string term) =>
        new(message) { Epoch = Progress.Epoch, Step = Progress.Step, Term = term, LearningRate = LearningRate };

    private static bool IsFinite(Tensor values) => values.isfinite().all().item<bool>();
}
