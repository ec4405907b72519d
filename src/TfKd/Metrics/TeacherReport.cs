using System.Globalization;
using System.Text;

namespace TfKd;

/// <summary>
/// Does the teacher help? What a run found of its teacher: how good it is, and what its softened answers say that hard or smoothed labels
/// do not.
/// </summary>
/// <param name="Temperature">
/// The temperature T at which the objective softens the teacher's answers; under a <see cref="LogitStandardization"/> the standardised
/// ones. The targets of the figures are what the student sees: what <see cref="Objective.SoftTargetOf"/> says of the teacher's answers.
/// </param>
/// <param name="Training">
/// On the training rows, as the student saw them in its last epoch: augmented, and the student in training mode. Mixtures count as rows of
/// their most probable class, so that the other class of a mixture, which the teacher names, raises the divergence from the smoothed label.
/// </param>
/// <param name="Validation">
/// On the validation rows, with the student's final weights; null without such rows, or where the teacher knows training rows only.
/// </param>
public sealed record TeacherReport(double Temperature, TeacherFigures Training, TeacherFigures? Validation)
{
    // Below a hundredth, be it of the nats there are or of probability, no run of three seeds could tell the two apart.
    private const double Negligible = 0.01;

    /// <summary>
    /// Whether the objective asks the student for the teacher's answers (<see cref="Objective.SoftTargetOf"/>); default true. Where it is
    /// false, as for objectives on features, the figures are of answers that the student is not asked for.
    /// </summary>
    public bool HasTargets { get; init; } = true;

    /// <summary>
    /// Says by how much the targets are label smoothing, where they are little else; null where they say more, and without targets.
    /// </summary>
    public string? Warning
    {
        get
        {
            var nats = Math.Log(Math.Max(Training.Classes.Count - 1, 1));
            if (!HasTargets || Training.KlFromSmoothedLabel > Negligible * nats || Training.SmoothingDeviation > Negligible)
                return null;
            return string.Create(CultureInfo.InvariantCulture,
                $"The teacher's targets at temperature {Temperature} are little else than label smoothing "
                + $"by {Training.EffectiveSmoothing:F3}: of the {nats:F2} nats that could tell the other classes apart they give "
                + $"{Training.KlFromSmoothedLabel:F4}, "
                + $"and the smoothing differs between rows by {Training.SmoothingDeviation:F4}. "
                + $"A {nameof(LabelSmoothing)} of the same strength is the control to compare with.");
        }
    }

    /// <summary>A table: the figures, and those of each class.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Teacher, {(HasTargets ? "targets" : "answers, which the objective does not ask for,")} at temperature {Temperature}");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{"rows",-12} {"top-1",7} {"NLL",8} {"ECE",7} {"agreement",10} {"entropy",8} {"smoothing",16} {"KL",8}");
        Append("training", Training);
        if (Validation is not null)
            Append("validation", Validation);
        text.AppendLine(CultureInfo.InvariantCulture, $"{"class",-24} {"rows",6} {"top-1",7} {"target",8} {"KL",8}");
        foreach (var one in Training.Classes)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{one.Name,-24} {one.Count,6} {one.Accuracy,7:P1} {one.TargetProbability,8:F4} {one.KlFromSmoothedLabel,8:F4}");
        }

        if (Warning is { } warning)
            text.AppendLine(warning);
        return text.ToString();

        void Append(string rows, TeacherFigures figures)
        {
            var metrics = figures.Metrics;
            var smoothing = string.Create(
                CultureInfo.InvariantCulture, $"{figures.EffectiveSmoothing:F4} +- {figures.SmoothingDeviation:F4}");
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{rows,-12} {metrics.Top1,7:P1} {metrics.NegativeLogLikelihood,8:F4} {metrics.ExpectedCalibrationError,7:P1} "
                + $"{figures.Agreement,10:P1} {figures.Entropy,8:F4} {smoothing,16} {figures.KlFromSmoothedLabel,8:F4}");
        }
    }
}
