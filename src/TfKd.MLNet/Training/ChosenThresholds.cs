namespace TfKd.MLNet;

/// <summary>From which probability on the labels of a photo are predicted.</summary>
/// <param name="Thresholds">One a class.</param>
/// <param name="Metrics">What is then predicted on the validation rows; null where there are none.</param>
internal sealed record ChosenThresholds(IReadOnlyList<double> Thresholds, MultiLabelMetrics? Metrics)
{
    /// <summary>How the probabilities were calibrated before; null: they were not.</summary>
    public MultiLabelCalibration? Calibration { get; private init; }

    /// <summary>What is to be known of the choice; null: nothing.</summary>
    public string? Warning { get; private init; }

    /// <param name="network">The trained network.</param>
    /// <param name="numbered">What it answers in the numbers that it scores with.</param>
    /// <param name="settings">How thresholds are chosen, and whether the probabilities are calibrated.</param>
    /// <param name="data">The rows.</param>
    /// <param name="token">Stops between batches.</param>
    public static ChosenThresholds Of(
        ImageNetwork network, NumberedNetwork numbered, ScoreSettings settings, TrainingData data, CancellationToken token)
    {
        var isHalf = settings.Labels!.Thresholds == LabelThresholds.Half;
        double[] halves = [.. Enumerable.Repeat(0.5, network.ClassCount)];
        if (data.Validation is not { } rows)
            return new(halves, null)
            {
                Warning = isHalf
                    ? null
                    : "There are no validation rows to choose thresholds on: each label is predicted from one half on.",
            };
        var scores = numbered.LabelScores ?? Evaluator.LabelScores(network, rows, settings.BatchSize, features: null, token);
        var calibration = settings.Calibrate ? MultiLabelCalibration.Fit(scores, rows.ClassNames) : null;
        scores = scores.Soften(calibration?.Temperature ?? 1);
        var thresholds = isHalf ? halves : scores.BestThresholds();
        return new(thresholds, scores.ToMetrics(rows.ClassNames, thresholds)) { Calibration = calibration, Warning = calibration?.Warning };
    }
}
