namespace TfKd;

/// <summary>What a network made of rows that may have several labels, as its model will predict them where that is known.</summary>
internal sealed class MultiLabelReport
{
    private readonly IReadOnlyList<string> _classNames;
    private readonly bool[][] _has;
    private readonly bool[][] _predicted;

    /// <param name="classNames">The classes, in the order of the label indices.</param>
    /// <param name="scores">Logits and labels of the rows.</param>
    /// <param name="use">What will be done with the scores; null: nothing.</param>
    /// <param name="thresholds">From which probability on a class is predicted; null: what the use says, or one half.</param>
    /// <exception cref="InvalidOperationException">There are no rows.</exception>
    public MultiLabelReport(
        IReadOnlyList<string> classNames, MultiLabelScores scores, ScoreUse? use = null, IReadOnlyList<double>? thresholds = null)
    {
        Calibration = use is { AreCalibrated: true } ? MultiLabelCalibration.Fit(scores, classNames) : null;
        var final = scores.Soften(Calibration?.Temperature ?? 1);
        AreThresholdsChosen = thresholds is null && use is { ChoosesThresholds: true };
        Metrics = final.ToMetrics(classNames, AreThresholdsChosen ? final.BestThresholds() : thresholds);
        Bins = scores.ToBins();
        _classNames = classNames;
        var rows = final.Probabilities.ToList();
        double[] limits = [.. Metrics.Classes.Select(one => one.Threshold)];
        _has = [.. rows.Select(row => row.Has)];
        _predicted = [.. rows.Select(row => row.Probabilities.Select((probability, k) => probability >= limits[k]).ToArray())];
        Mistakes = [.. rows.Select((row, number) => WorstOf(number, row.Probabilities)).OfType<Mistake>()
            .OrderByDescending(mistake => mistake.Error)];
    }

    /// <summary>How the scores are calibrated; null where they are not.</summary>
    public MultiLabelCalibration? Calibration { get; }

    /// <summary>Whether the thresholds were chosen on these same rows.</summary>
    public bool AreThresholdsChosen { get; }

    /// <summary>The figures of the final scores.</summary>
    public MultiLabelMetrics Metrics { get; }

    /// <summary>The bins of the probabilities before any calibration.</summary>
    public IReadOnlyList<CalibrationBin> Bins { get; }

    /// <summary>The rows with a wrong label, those first that have the worst.</summary>
    public IReadOnlyList<Mistake> Mistakes { get; }

    /// <summary>The labels of a row.</summary>
    public string LabelsOf(int row) => NamesOf(_has[row]);

    /// <summary>The labels that are predicted for a row.</summary>
    public string PredictedOf(int row) => NamesOf(_predicted[row]);

    private string NamesOf(bool[] classes) => classes.Any(one => one)
        ? string.Join(", ", _classNames.Where((_, k) => classes[k]))
        : "no label";

    private Mistake? WorstOf(int row, double[] probabilities)
    {
        Mistake? worst = null;
        for (var k = 0; k < probabilities.Length; k++)
        {
            var error = _has[row][k] ? 1 - probabilities[k] : probabilities[k];
            if (_has[row][k] != _predicted[row][k] && !(error <= worst?.Error))
                worst = new(row, k, probabilities[k], error);
        }

        return worst;
    }

    /// <summary>A row with a wrong label.</summary>
    /// <param name="Row">The row.</param>
    /// <param name="Class">The class that is the most wrong, there or not.</param>
    /// <param name="Probability">The probability of that class.</param>
    /// <param name="Error">How far that is from the truth.</param>
    public sealed record Mistake(int Row, int Class, double Probability, double Error);
}
