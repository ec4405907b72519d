namespace TfKd;

/// <summary>Whether of labels with a score of 0.8 eight in ten are there: the reliability diagram of yes and no.</summary>
internal static class LabelCalibrationSection
{
    public static Markup Of(ReportContent content, MultiLabelReport report)
    {
        var (used, plain) = (report.Bins.Where(bin => bin.Count > 0).ToList(), report.Calibration?.Before ?? report.Metrics);
        var count = report.Bins.Sum(bin => (long)bin.Count);
        var lines = used.Select(bin => Markup.Of($"""
            <tr><th scope="row">{bin.Lower:F3} to {bin.Upper:F3}</th>
            <td>{bin.Count:N0}</td><td>{bin.Confidence:P1}</td><td>{bin.Accuracy:P1}</td></tr>

            """));
        var share = 1.0 / report.Bins.Count;
        var asSaid = new ChartLine("there as often as said", [(0, 0), (1, 1)]) { IsReference = true };
        var even = new ChartLine("evenly spread", [(0, share), (1, share)]) { IsReference = true };
        return Markup.Of($"""
            <section id="calibration"><h2>Calibration</h2>
            <p>Expected calibration error {plain.ExpectedCalibrationError:P2}, negative log-likelihood {plain.NegativeLogLikelihood:F4} nats
            a decision, on {count:N0} decisions: each class of {plain.Count:N0} {content.RowsName} rows; {report.Bins.Count} bins of equal
            width.{Calibrated(report.Calibration)}</p>
            <div class="charts">
            {Chart.Bars(
                "Reliability: how often a label is there by its score. Bars below the line are of labels that the network is too sure of",
                "score", "fraction that is there", used.Select(bin => (bin.Lower, bin.Upper, bin.Accuracy)), asSaid, fraction: true)}
            {Chart.Bars(
                "Fraction of the decisions by score", "score", "fraction of decisions",
                used.Select(bin => (bin.Lower, bin.Upper, (double)bin.Count / count)), even)}
            </div>
            <details><summary>The same as a table</summary>
            {Page.Scrolling("Bins of scores", Markup.Of($"""
                <table class="numbers">{Page.Head("Score", "Decisions", "Mean score", "Fraction that is there")}<tbody>
                {lines}</tbody></table>
                """))}
            </details>
            </section>
            """);
    }

    private static Markup Calibrated(MultiLabelCalibration? calibration) => calibration is { After: { } after }
        ? Markup.Of($"""
             The model's scores are calibrated, with the temperature {calibration.Temperature:G4}: {after.ExpectedCalibrationError:P2} and
            {after.NegativeLogLikelihood:F4} nats on these same rows. The charts are of the scores before that.
            """)
        : Markup.Empty;
}
