namespace TfKd;

/// <summary>What rejecting samples of low confidence would cost and gain: how many are left, and how many of these are right.</summary>
internal static class RejectionSection
{
    private static readonly double[] _thresholds = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

    public static Markup Of(ReportContent content, ClassificationReport report)
    {
        var (scores, own) = (content.FinalScores?.Report ?? report, content.FinalScores?.Threshold);
        var lines = _thresholds.Concat(own is { } threshold ? [threshold] : []).Distinct().Order()
            .Select(threshold => Line(threshold, scores.Selective(threshold), threshold == own));
        return Markup.Of($"""
            <section id="rejection"><h2>Rejection</h2>
            {(own is { } set ? Own(content, set, scores.Selective(set)) : Markup.Empty)}
            <p>If rows are rejected whose highest score is below a threshold: how many of the {report.Metrics.Count:N0} {content.RowsName}
            rows are still given a class, and how many of these the right one. {ScoresText(content.FinalScores)}</p>
            {Page.Scrolling("Coverage and accuracy by threshold", Markup.Of($"""
                <table class="numbers">{Page.Head("Threshold", "Coverage", "Selective accuracy", "Rejected rows")}<tbody>
                {lines}</tbody></table>
                """))}
            </section>
            """);
    }

    private static Markup Own(ReportContent content, double threshold, SelectiveMetrics metrics) => Markup.Of($"""
        <p>This model rejects below {threshold:0.####}: of the {content.RowsName} rows it gives {metrics.Coverage:P1} a class, and
        {(metrics.AcceptedCount > 0 ? Markup.Of($"{metrics.SelectiveAccuracy:P1} of these") : Markup.Of($"none"))} the right one.</p>
        """);

    private static Markup Line(double threshold, SelectiveMetrics metrics, bool isOwn) => Markup.Of($"""
        <tr{(isOwn ? Markup.Of($""" class="own" """) : Markup.Empty)}><th scope="row">{threshold:0.00##}</th><td>{metrics.Coverage:P1}</td>
        <td>{metrics.SelectiveAccuracy:P1}</td>
        <td>{metrics.RejectedCount:N0}</td></tr>

        """);

    private static Markup ScoresText(FinalScores? scores) => scores switch
    {
        null => Markup.Of($"Scores are those before any calibration."),
        { Temperature: null } => Markup.Of($"Scores are the network's own; they are not calibrated."),
        { Temperature: { } temperature } => Markup.Of($"""
            Scores are calibrated, with the temperature {temperature:G4}, on these same rows: others may fare a little worse.
            """),
    };
}
