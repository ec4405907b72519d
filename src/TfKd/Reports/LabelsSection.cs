namespace TfKd;

/// <summary>How well each of several labels is found, and all of them together.</summary>
internal static class LabelsSection
{
    public static Markup Of(ReportContent content, MultiLabelReport report)
    {
        var metrics = report.Metrics;
        var lines = metrics.Classes.Select(one => Markup.Of($"""
            <tr><th scope="row">{one.Name}</th><td>{one.Count:N0}</td><td>{one.AveragePrecision:P1}</td><td>{one.F1:F3}</td>
            <td>{one.Threshold:F3}</td><td>{one.Precision:P1}</td><td>{one.Recall:P1}</td></tr>

            """));
        return Markup.Of($"""
            <section id="classes"><h2>Classes</h2>
            <p>Of {metrics.Count:N0} {content.RowsName} rows: mean average precision {metrics.MeanAveragePrecision:P1}, F1
            {metrics.MicroF1:F3} of all decisions and {metrics.MacroF1:F3} in the mean of the classes, {metrics.SubsetAccuracy:P1} of the
            rows with all labels right, {metrics.HammingLoss:P1} of the decisions wrong. {Thresholds(report)}</p>
            {Page.Scrolling("Figures of each class", Markup.Of($"""
                <table class="numbers">{Page.Head(
                    "Class", "Rows", "Average precision", "F1", "Threshold", "Precision", "Recall")}<tbody>
                {lines}</tbody></table>
                """))}
            </section>
            """);
    }

    private static Markup Thresholds(MultiLabelReport report) => report.AreThresholdsChosen
        ? Markup.Of($"Thresholds are the model's, chosen on these same rows for the highest F1: others may fare a little worse.")
        : Markup.Of($"A label is predicted from its threshold on.");
}
