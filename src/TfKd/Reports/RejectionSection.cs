namespace TfKd;

/// <summary>What rejecting samples of low confidence would cost and gain: how many are left, and how many of these are right.</summary>
internal static class RejectionSection
{
    private static readonly double[] Thresholds = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

    public static Markup Of(ReportContent content, ClassificationReport report)
    {
        var figures = Thresholds.Select(threshold => (Threshold: threshold, Metrics: report.Selective(threshold))).ToList();
        var lines = figures.Select(entry => Markup.Of($"""
            <tr><th scope="row">{entry.Threshold:F2}</th><td>{entry.Metrics.Coverage:P1}</td>
            <td>{(entry.Metrics.AcceptedCount > 0 ? $"{entry.Metrics.SelectiveAccuracy:P1}" : "–")}</td>
            <td>{entry.Metrics.RejectedCount:N0}</td></tr>

            """));
        return Markup.Of($"""
            <section id="rejection"><h2>Rejection</h2>
            <p>If rows are rejected whose highest score is below a threshold: how many of the {report.Metrics.Count:N0} {content.RowsName}
            rows are still given a class, and how many of these the right one. Scores are those before any calibration.</p>
            {Page.Scrolling("Coverage and accuracy by threshold", Markup.Of($"""
                <table class="numbers">{Page.Head("Threshold", "Coverage", "Selective accuracy", "Rejected rows")}<tbody>
                {lines}</tbody></table>
                """))}
            </section>
            """);
    }
}
