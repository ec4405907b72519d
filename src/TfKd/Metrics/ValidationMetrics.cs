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
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, $"Metric {metric} is not known."),
    };
}
