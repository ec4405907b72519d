namespace TfKd.MLNet;

/// <summary>What a model's card says of the run that it comes from.</summary>
internal static class RunProvenance
{
    private const string ThresholdSplit = "Validation, thresholds chosen on it";
    private const string CalibratedThresholdSplit = "Validation, calibrated and thresholds chosen on it";
    private const string CalibratedSplit = "Validation, calibrated on it";

    /// <param name="plan">What was run.</param>
    /// <param name="data">The rows it was run on.</param>
    /// <param name="classes">The classes of the label column.</param>
    /// <param name="result">What the run ended with.</param>
    /// <param name="scores">What became of its scores.</param>
    public static TrainingProvenance Of(
        TrainingPlan plan, TrainingData data, ClassKeys classes, TrainingResult result, NetworkScores scores) => new()
        {
            Plan = plan.Describe(),
            PlanIdentity = plan.TryIdentify(),
            Seed = plan.Seed,
            Metrics =
            [
                .. Metrics(result.Best), .. CalibratedMetrics(scores.Calibration), .. SelectiveFigures(scores.Selective),
                .. LabelMetrics(result.Best.LabelValidation, "Validation"),
                .. LabelMetrics(scores.Labels?.Metrics, scores.Labels?.Calibration is null ? ThresholdSplit : CalibratedThresholdSplit),
            ],
            Rows = CountRows(classes, data),
            UnlabelledRows = data.Training.Count - SourceSubset.OfLabelled(data.Training).Count,
            TeacherReport = result.TeacherReport,
        };

    private static List<ClassRows> CountRows(ClassKeys classes, TrainingData data)
    {
        var (learnt, chosen) = (Counts(data.Training), data.Validation is null ? new int[classes.Names.Count] : Counts(data.Validation));
        return [.. classes.Names.Select((name, index) => new ClassRows(name, learnt[index], chosen[index]))];

        int[] Counts(IImageSource source)
        {
            var counts = new int[classes.Names.Count];
            var labelled = SourceSubset.OfLabelled(source);
            for (var row = 0; row < labelled.Count; row++)
            {
                foreach (var label in labelled.GetLabel(row) is var one and not Targets.Several ? [one] : LabelSets.Of(labelled, row))
                    counts[label]++;
            }

            return counts;
        }
    }

    private static IEnumerable<ModelMetric> Metrics(EpochMetrics best)
    {
        yield return new("Accuracy", "Training", best.TrainingAccuracy);
        yield return new("Loss", "Training", best.TrainingLoss);
        if (best.Validation is not { } validation)
            yield break;
        yield return new("Top1", "Validation", validation.Top1);
        yield return new("Top5", "Validation", validation.Top5);
        yield return new("NegativeLogLikelihood", "Validation", validation.NegativeLogLikelihood);
        yield return new("ExpectedCalibrationError", "Validation", validation.ExpectedCalibrationError);
    }

    private static IEnumerable<ModelMetric> LabelMetrics(MultiLabelMetrics? metrics, string split)
    {
        if (metrics is null)
            yield break;
        yield return new(nameof(metrics.MeanAveragePrecision), split, metrics.MeanAveragePrecision);
        yield return new(nameof(metrics.MicroF1), split, metrics.MicroF1);
        yield return new(nameof(metrics.MacroF1), split, metrics.MacroF1);
        yield return new(nameof(metrics.SubsetAccuracy), split, metrics.SubsetAccuracy);
        yield return new(nameof(metrics.HammingLoss), split, metrics.HammingLoss);
        yield return new(nameof(metrics.NegativeLogLikelihood), split, metrics.NegativeLogLikelihood);
        yield return new(nameof(metrics.ExpectedCalibrationError), split, metrics.ExpectedCalibrationError);
    }

    private static IEnumerable<ModelMetric> SelectiveFigures(SelectiveMetrics? selective)
    {
        if (selective is null)
            yield break;
        yield return new("Coverage", "Validation", selective.Coverage);
        // A figure of no rows is none.
        if (selective.AcceptedCount > 0)
            yield return new("SelectiveAccuracy", "Validation", selective.SelectiveAccuracy);
    }

    private static IEnumerable<ModelMetric> CalibratedMetrics(TemperatureCalibration? calibration)
    {
        if (calibration is null)
            yield break;
        yield return new("NegativeLogLikelihood", CalibratedSplit, calibration.After.NegativeLogLikelihood);
        yield return new("ExpectedCalibrationError", CalibratedSplit, calibration.After.ExpectedCalibrationError);
    }
}
