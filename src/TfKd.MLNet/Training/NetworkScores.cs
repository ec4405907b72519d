namespace TfKd.MLNet;

/// <summary>What is found of a trained network's scores on the validation rows, in the numbers that it scores with.</summary>
/// <param name="Calibration">How those of one label a photo were calibrated; null: they were not.</param>
/// <param name="Selective">What rejecting does; null: nothing is rejected, or there are no validation rows.</param>
internal sealed record NetworkScores(TemperatureCalibration? Calibration, SelectiveMetrics? Selective)
{
    /// <summary>From which probability on labels are predicted; null: a photo has one label.</summary>
    public ChosenThresholds? Labels { get; init; }

    /// <summary>What the logits are divided by.</summary>
    public double Temperature => Calibration?.Temperature ?? Labels?.Calibration?.Temperature ?? 1;

    /// <summary>What is to be known of what was chosen; null: nothing.</summary>
    public string? Warning => Calibration?.Warning ?? Labels?.Warning;

    public static NetworkScores Of(
        ImageNetwork network, NumberedNetwork numbered, ScoreSettings settings, TrainingData data, CancellationToken token)
    {
        if (settings.Labels is not null)
            return new(null, null) { Labels = ChosenThresholds.Of(network, numbered, settings, data, token) };
        var answers = numbered.Answers;
        var calibration = !settings.Calibrate ? null
            : answers is null ? TemperatureCalibration.Fit(network, data.Validation!, settings.BatchSize, token)
            : TemperatureCalibration.Fit(answers);
        if (settings.Rejection is not { } rule || data.Validation is not { } rows)
            return new(calibration, null);
        var temperature = calibration?.Temperature ?? 1;
        return new(calibration, answers is null
            ? Evaluator.EvaluateSelective(network, rows, rule.Threshold, temperature, settings.BatchSize, token)
            : Evaluator.EvaluateSelective(answers, rule.Threshold, temperature));
    }
}
