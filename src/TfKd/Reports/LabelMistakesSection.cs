namespace TfKd;

/// <summary>The rows with several labels that the network was most wrong of.</summary>
internal static class LabelMistakesSection
{
    private const string HeatMapText =
        "Beside each is where the network looked for that class (Grad-CAM): yellow where a little spoke for it, red where most did.";

    public static Markup Of(ReportContent content, MultiLabelReport report, IImageSource rows)
    {
        var shown = report.Mistakes.Take(content.MaxMistakes).ToList();
        var names = new RowNames(rows);
        var mistakes = shown.Select(mistake => Item(content, report, rows, mistake, names.FileOf(mistake.Row)));
        return Markup.Of($"""
            <section id="mistakes"><h2>Worst mistakes</h2>
            <p>{report.Mistakes.Count:N0} of {report.Metrics.Count:N0} {content.RowsName} rows have a wrong label, or lack one{(
                shown.Count < report.Mistakes.Count ? $"; here are the {shown.Count} with the worst score of a class" : "")}. That class
            and its score are the third line. Images are as the network sees them, or smaller.{(
                content.HeatMaps is null ? "" : " " + HeatMapText)}</p>
            <ul class="{(content.HeatMaps is null ? "mistakes" : "mistakes pairs")}">{mistakes}</ul>
            </section>
            """);
    }

    private static Markup Item(
        ReportContent content, MultiLabelReport report, IImageSource rows, MultiLabelReport.Mistake mistake, string? file)
    {
        var (row, worst) = (mistake.Row, content.ClassNames[mistake.Class]);
        var (labels, predicted) = (report.LabelsOf(row), report.PredictedOf(row));
        var pixels = Thumbnail.IsExact(rows.Shape) ? "pixels" : "photo";
        var heat = MistakesSection.Heat(content, row, pixels, $"The same image, and where in it {worst} was looked for");
        return Markup.Of($"""
            <li><figure><img class="{pixels}" src="{Thumbnail.DataUri(rows, row)}"
            alt="{file ?? $"Row {row}"}: an image of {labels} that was taken for {predicted}"/>{heat}
            <figcaption><span class="true">{labels}</span> <span>taken for {predicted}</span>
            <span>{worst} {mistake.Probability:P1}</span> <span class="soft">{file ?? $"row {row}"}</span></figcaption></figure></li>

            """);
    }
}
