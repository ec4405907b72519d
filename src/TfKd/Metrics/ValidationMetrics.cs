namespace TfKd;

/// <summary>Reads the value of a <see cref="ValidationMetric"/>.</summary>
internal static class ValidationMetrics
{
    /// <summary>The value, with its sign such that higher is better.</summary>
    public static double ValueOf(this ValidationMetric metric, ClassificationMetrics metrics) => metric switch
    {
        ValidationMetric.Accuracy => metrics.Top1,
        ValidationMetric.Loss => -metrics.NegativeLogLikelihood,
        ValidationMetric.CalibrationError => -metrics.ExpectedCalibrationError,
        _ => throw Unknown(metric),
    };

    /// <summary>The same where samples may have several labels.</summary>
    public static double ValueOf(this ValidationMetric metric, MultiLabelMetrics metrics) => metric switch
    {
        // Where no sample has any label no precision is a number, and all epochs are alike.
        ValidationMetric.Accuracy => double.IsNaN(metrics.MeanAveragePrecision) ? 0 : metrics.MeanAveragePrecision,
        ValidationMetric.Loss => -metrics.NegativeLogLikelihood,
        ValidationMetric.CalibrationError => -metrics.ExpectedCalibrationError,
        _ => throw Unknown(metric),
    };

    /// <summary>The value that an epoch has of the student; null where it was not validated.</summary>
    public static double? ValueOf(this ValidationMetric metric, EpochMetrics epoch) => epoch switch
    {
        { LabelValidation: { } labels } => metric.ValueOf(labels),
        { Validation: { } validation } => metric.ValueOf(validation),
        _ => null,
    };

    private static ArgumentOutOfRangeException Unknown(ValidationMetric metric) =>
        new(nameof(metric), metric, $"Metric {metric} is not known.");
}
