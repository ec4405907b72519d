namespace TfKd;

/// <summary>
/// Whether a confidence of 0.8 is right eight times in ten: the reliability diagram of Guo et al., 'On calibration of modern neural
/// networks', ICML 2017.
/// </summary>
internal static class CalibrationSection
{
    public static Markup Of(ReportContent content, ClassificationReport report)
    {
        var used = report.Calibration.Where(bin => bin.Count > 0).ToList();
        var lines = used.Select(bin => Markup.Of($"""
            <tr><th scope="row">{bin.Lower:F3} to {bin.Upper:F3}</th>
            <td>{bin.Count:N0}</td><td>{bin.Confidence:P1}</td><td>{bin.Accuracy:P1}</td></tr>

            """));
        var share = 1.0 / report.Calibration.Count;
        var asConfident = new ChartLine("as accurate as confident", [(0, 0), (1, 1)]) { IsReference = true };
        var even = new ChartLine("evenly spread", [(0, share), (1, share)]) { IsReference = true };
        return Markup.Of($"""
            <section id="calibration"><h2>Calibration</h2>
            <p>Expected calibration error {report.Metrics.ExpectedCalibrationError:P2}, negative log-likelihood
            {report.Metrics.NegativeLogLikelihood:F4} nats, on {report.Metrics.Count:N0} {content.RowsName} rows;
            {report.Calibration.Count} bins of equal width.{Calibrated(content.FinalScores)}</p>
            <div class="charts">
            {Chart.Bars(
                "Reliability: accuracy by confidence. Bars below the line are of rows that the network is too sure of",
                "confidence", "accuracy", used.Select(bin => (bin.Lower, bin.Upper, bin.Accuracy)), asConfident, fraction: true)}
            {Chart.Bars(
                "Fraction of the rows by confidence", "confidence", "fraction of rows",
                used.Select(bin => (bin.Lower, bin.Upper, (double)bin.Count / report.Metrics.Count)), even)}
            </div>
            <details><summary>The same as a table</summary>
            {Page.Scrolling("Bins of confidence", Markup.Of($"""
                <table class="numbers">{Page.Head("Confidence", "Rows", "Mean confidence", "Accuracy")}<tbody>
                {lines}</tbody></table>
                """))}
            </details>
            </section>
            """);
    }

    private static Markup Calibrated(FinalScores? scores) => scores is { Temperature: { } temperature, Report.Metrics: { } metrics }
        ? Markup.Of($"""
             The model's scores are calibrated, with the temperature {temperature:G4}: {metrics.ExpectedCalibrationError:P2} and
            {metrics.NegativeLogLikelihood:F4} nats on these same rows. The charts are of the scores before that.
            """)
        : Markup.Empty;
}
