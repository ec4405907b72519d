namespace TfKd;

/// <summary>What a teacher makes of the rows that a report is of.</summary>
/// <param name="Metrics">Its accuracy, likelihood and calibration on them.</param>
/// <param name="Predicted">The class that it puts each row into, in the order of the rows.</param>
internal sealed record TeacherOnRows(ClassificationMetrics Metrics, IReadOnlyList<int> Predicted)
{
    /// <summary>What a run found on its validation rows; null where it did not ask the teacher for them, or cannot have.</summary>
    public static TeacherOnRows? Of(TrainingResult result) =>
        result is { TeacherReport.Validation.Metrics: { } metrics, TeacherPredictions: { } predicted } ? new(metrics, predicted) : null;
}
