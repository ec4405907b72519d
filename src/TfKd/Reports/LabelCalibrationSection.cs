namespace TfKd;

/// <summary>Whether of labels with a score of 0.8 eight in ten are there.</summary>
internal static class LabelCalibrationSection
{
    private static readonly ReliabilityDiagram _diagram = new("score", "fraction that is there", "decisions")
    {
        Title = "Reliability: how often a label is there by its score. Bars below the line are of labels that the network is too sure of",
        Diagonal = "there as often as said",
        MeanHeading = "Mean score",
        TableName = "Bins of scores",
    };

    public static Markup Of(ReportContent content, MultiLabelReport report)
    {
        var plain = report.Calibration?.Before ?? report.Metrics;
        var count = report.Bins.Sum(bin => (long)bin.Count);
        return Markup.Of($"""
            <section id="calibration"><h2>Calibration</h2>
            <p>Expected calibration error {plain.ExpectedCalibrationError:P2}, negative log-likelihood {plain.NegativeLogLikelihood:F4} nats
            a decision, on {count:N0} decisions: each class of {plain.Count:N0} {content.RowsName} rows; {report.Bins.Count} bins of equal
            width.{Calibrated(report.Calibration)}</p>
            {_diagram.Of(report.Bins)}
            </section>
            """);
    }

    private static Markup Calibrated(MultiLabelCalibration? calibration) => calibration is { After: { } after }
        ? ReliabilityDiagram.Calibrated(calibration.Temperature, after.ExpectedCalibrationError, after.NegativeLogLikelihood)
        : Markup.Empty;
}
