using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Finds out what is not finite in a step, and says so.</summary>
/// <param name="Network">The network that learns.</param>
/// <param name="Position">The step.</param>
internal sealed record NonFiniteSearch(ImageNetwork Network, StepPosition Position)
{
    private const string Advice = "A lower learning rate, a longer warm-up, or MaxGradientNorm usually helps.";

    private const string BufferCause = "its layer saw what is not finite, or a single value a channel";

    private string Place => FormattableString.Invariant(
        $"in epoch {Position.Progress.Epoch + 1}, step {Position.Progress.Step + 1}, at learning rate {Position.LearningRate:G3}");

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
        return Exception($"{Describe(objective, log.Means, value)} {Origin(input)}{Advice}", term);
    }

    /// <summary>A step that was read after others had followed.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="terms">What was recorded in the step, one of which is not finite.</param>
    /// <param name="last">The last step that was taken.</param>
    public TrainingDivergedException OfUnread(Objective objective, IReadOnlyDictionary<string, double> terms, StepPosition last)
    {
        var value = terms[Learner.TotalTerm];
        if (double.IsFinite(value) && terms.TryGetValue(Learner.GradientTerm, out var norm))
            return OfGradient(norm);
        var own = terms.Where(term => term.Key is not (Learner.TotalTerm or Learner.GradientTerm)).ToDictionary();
        var term = own.FirstOrDefault(term => !double.IsFinite(term.Value)).Key ?? Learner.TotalTerm;
        var later = FormattableString.Invariant(
            $"It was found after step {last.Progress.Step + 1}, as steps are read a few at a time on this device: the weights have ")
            + "changed since.";
        return Exception($"{Describe(objective, own, value)} {later} {Advice}", term);
    }

    /// <summary>An objective that is finite here, and not in another process that takes the same step.</summary>
    public TrainingDivergedException OfReducedObjective() =>
        Exception($"The objective of another process is not finite {Place}. {Advice}", Learner.TotalTerm);

    /// <summary>Gradients whose norm is not finite.</summary>
    public TrainingDivergedException OfGradient(double norm) =>
        Exception(
            FormattableString.Invariant($"The norm of the gradient is {norm} {Place}; the objective is finite. {Advice}"), "gradient");

    /// <summary>Answers to validation rows that are no distribution, after a step whose objective and weights are finite.</summary>
    public TrainingDivergedException OfValidation(ArithmeticException cause) =>
        Exception($"Validation failed after the step {Place}; the weights are finite. {cause.Message} {Advice}", "validation", cause);

    /// <summary>Throws where a weight or a buffer (a running statistic) is not finite.</summary>
    /// <exception cref="TrainingDivergedException">There is one.</exception>
    public void RequireFiniteWeights()
    {
        if (Find() is not ({ } name, var isBuffer))
            return;
        var cause = isBuffer
            ? BufferCause
            : "the objective was finite, so the gradient was not, or the step was too long";
        var kind = isBuffer ? "buffer" : "weight";
        var what = FormattableString.Invariant($"The {kind} '{name}' is not finite after the step {Place}; {cause}.");
        throw Exception($"{what} {Advice}", name);
    }

    private string Describe(Objective objective, IReadOnlyDictionary<string, double> terms, double value)
    {
        var means = string.Join(", ", terms.Select(term => FormattableString.Invariant($"{term.Key} {term.Value}")));
        return FormattableString.Invariant(
            $"The objective is {value} {Place} ({objective}; its terms in this step: {(means.Length > 0 ? means : "none")}).");
    }

    private string Origin(ObjectiveInput input)
    {
        // Running statistics are of this very batch, too; weights are as the step before left them.
        if (Find() is ({ } name, var isBuffer))
            return isBuffer
                ? $"The buffer '{name}' is not finite: {BufferCause}. "
                : $"The weight '{name}' was not finite any more: the step before made it so. ";
        if (!IsFinite(input.Student.Logits))
            return "The network's answer is not finite, but its weights are. ";
        return input.Teacher is { } teacher && !IsFinite(teacher.Logits) ? "The teacher's answer is not finite. " : "";
    }

    // Weights first: what is wrong with them makes the statistics of the layers behind them wrong, too.
    private (string? Name, bool IsBuffer) Find()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var weight = Network.Body.named_parameters().FirstOrDefault(entry => !IsFinite(entry.parameter)).name;
        return weight is not null
            ? (weight, false)
            : (Network.Body.named_buffers().FirstOrDefault(entry => !IsFinite(entry.buffer)).name, true);
    }

    private TrainingDivergedException Exception(string message, string term, ArithmeticException? cause = null) => new(message, cause!)
    {
        Epoch = Position.Progress.Epoch,
        Step = Position.Progress.Step,
        Term = term,
        LearningRate = Position.LearningRate,
    };

    private static bool IsFinite(Tensor values) => values.isfinite().all().item<bool>();
}
