namespace TfKd;

/// <summary>How a head was fitted.</summary>
/// <param name="Strength">The strength of the regularisation.</param>
/// <param name="WithMirrored">Whether mirrored images were added.</param>
/// <param name="Loss">The log-loss in cross-validation; NaN where there was none.</param>
/// <param name="Accuracy">
/// The accuracy in cross-validation, of several labels the fraction of right decisions; NaN where there was none.
/// </param>
internal sealed record ProbeChoice(double Strength, bool WithMirrored, double Loss, double Accuracy);

/// <summary>A fitted head, on the rows that it was fitted to.</summary>
/// <param name="Choice">How it was fitted.</param>
/// <param name="Loss">The weighted mean of its cross entropy.</param>
/// <param name="Accuracy">The weighted fraction of rows with a label that are right, of several labels that of decisions.</param>
internal sealed record HeadFitResult(ProbeChoice Choice, double Loss, double Accuracy)
{
    /// <summary>Rows that had no label, and a teacher's answer in its place.</summary>
    public int AnsweredRows { get; init; }

    /// <summary>What was done, in a sentence.</summary>
    public string Describe(int rowCount)
    {
        var found = double.IsNaN(Choice.Loss)
            ? ""
            : FormattableString.Invariant(
                $", chosen by cross-validation (accuracy {100 * Choice.Accuracy:F1} %, log-loss {Choice.Loss:F3})");
        var mirrored = Choice.WithMirrored ? "with" : "without";
        var strength = FormattableString.Invariant($"at L2 strength {Choice.Strength:G3}");
        var answered = AnsweredRows > 0 ? $", {AnsweredRows} of them by the teacher's answers" : "";
        return $"The head was fitted to the features of {rowCount} rows{answered}, {mirrored} mirrored images, {strength}{found}.";
    }
}
