namespace TfKd;

/// <summary>The rows that the network was most sure of, and wrong.</summary>
internal static class MistakesSection
{
    public static Markup Of(ReportContent content, ClassificationReport report, IImageSource rows)
    {
        var shown = report.Mistakes.Take(content.MaxMistakes).ToList();
        return Markup.Of($"""
            <section id="mistakes"><h2>Worst mistakes</h2>
            <p>{report.Mistakes.Count:N0} of {report.Metrics.Count:N0} {content.RowsName} rows were put into a wrong class{(
                shown.Count < report.Mistakes.Count ? $"; here are the {shown.Count} of the highest confidence" : "")}.
            Images are as the network sees them.</p>
            <ul class="mistakes">{shown.Select(row => Mistake(report, rows, row))}</ul>
            </section>
            """);
    }

    private static Markup Mistake(ClassificationReport report, IImageSource rows, int row)
    {
        var (label, predicted, confidence) = (
            report.ClassNames[report.Labels[row]], report.ClassNames[report.Predicted[row]], report.Confidences[row]);
        return Markup.Of($"""
            <li><figure><img src="{Thumbnail.DataUri(rows, row)}" alt="Row {row}: an image of {label} that was taken for {predicted}"/>
            <figcaption><span class="true">{label}</span> <span class="predicted">taken for {predicted}</span>
            <span class="soft">{confidence:P1}, row {row}</span></figcaption></figure></li>

            """);
    }
}
