namespace TfKd;

/// <summary>The scores as the model will give them, where its use is known.</summary>
/// <param name="Temperature">What the logits are divided by; null where they are not calibrated.</param>
/// <param name="Report">What comes of them at that temperature.</param>
/// <param name="Threshold">The model's own threshold for rejecting; null where it rejects nothing.</param>
internal sealed record FinalScores(double? Temperature, ClassificationReport Report, double? Threshold)
{
    /// <param name="use">What will be done with the scores.</param>
    /// <param name="classNames">The classes, in the order of the label indices.</param>
    /// <param name="answers">Logits and label of each row.</param>
    /// <param name="plain">The report of the logits as they are.</param>
    public static FinalScores Of(
        ScoreUse use, IReadOnlyList<string> classNames, IReadOnlyList<(float[] Logits, int Label)> answers, ClassificationReport plain)
    {
        if (!use.AreCalibrated)
            return new(null, plain, use.Threshold);
        var temperature = TemperatureCalibration.Choose(answers);
        var calibrated = answers.Select(row => (TemperatureCalibration.Soften(row.Logits, temperature), row.Label));
        return new(temperature, new ClassificationReport(classNames, calibrated), use.Threshold);
    }
}
