namespace TfKd;

/// <summary>The rows that the network was most sure of, and wrong.</summary>
internal static class MistakesSection
{
    public static Markup Of(ReportContent content, ClassificationReport report, IImageSource rows)
    {
        var shown = report.Mistakes.Take(content.MaxMistakes).ToList();
        var names = new RowNames(rows);
        return Markup.Of($"""
            <section id="mistakes"><h2>Worst mistakes</h2>
            <p>{report.Mistakes.Count:N0} of {report.Metrics.Count:N0} {content.RowsName} rows were put into a wrong class{(
                shown.Count < report.Mistakes.Count ? $"; here are the {shown.Count} of the highest confidence" : "")}.
            Images are as the network sees them, or smaller.</p>
            <ul class="mistakes">{shown.Select(row => Mistake(content, report, rows, row, names.FileOf(row)))}</ul>
            </section>
            """);
    }

    private static Markup Mistake(ReportContent content, ClassificationReport report, IImageSource rows, int row, string? file)
    {
        var (label, predicted) = (report.ClassNames[report.Labels[row]], report.ClassNames[report.Predicted[row]]);
        var teacher = content.Teacher is { } other ? $"; teacher: {Teacher(report, other.Predicted[row], row)}" : "";
        var pixels = Thumbnail.IsExact(rows.Shape) ? "pixels" : "photo";
        return Markup.Of($"""
            <li><figure><img class="{pixels}" src="{Thumbnail.DataUri(rows, row)}"
            alt="{file ?? $"Row {row}"}: an image of {label} that was taken for {predicted}"/>
            <figcaption><span class="true">{label}</span> <span>taken for {predicted}</span>
            <span>{report.Confidences[row]:P1}{teacher}</span> <span class="soft">{file ?? $"row {row}"}</span></figcaption></figure></li>

            """);
    }

    private static string Teacher(ClassificationReport report, int taught, int row) =>
        taught == report.Labels[row] ? "right"
        : taught == report.Predicted[row] ? "the same"
        : report.ClassNames[taught];
}
