namespace TfKd;

/// <summary>Whether a confidence of 0.8 is right eight times in ten.</summary>
internal static class CalibrationSection
{
    private static readonly ReliabilityDiagram _diagram = new("confidence", "accuracy", "rows")
    {
        Title = "Reliability: accuracy by confidence. Bars below the line are of rows that the network is too sure of",
        Diagonal = "as accurate as confident",
        MeanHeading = "Mean confidence",
        TableName = "Bins of confidence",
    };

    public static Markup Of(ReportContent content, ClassificationReport report) => Markup.Of($"""
        <section id="calibration"><h2>Calibration</h2>
        <p>Expected calibration error {report.Metrics.ExpectedCalibrationError:P2}, negative log-likelihood
        {report.Metrics.NegativeLogLikelihood:F4} nats, on {report.Metrics.Count:N0} {content.RowsName} rows;
        {report.Calibration.Count} bins of equal width.{Calibrated(content.FinalScores)}</p>
        {_diagram.Of(report.Calibration)}
        </section>
        """);

    private static Markup Calibrated(FinalScores? scores) => scores?.Report.Metrics is { } metrics
        ? ReliabilityDiagram.Calibrated(scores.Temperature, metrics.ExpectedCalibrationError, metrics.NegativeLogLikelihood)
        : Markup.Empty;
}
