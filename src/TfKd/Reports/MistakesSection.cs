namespace TfKd;

/// <summary>The rows that the network was most sure of, and wrong.</summary>
internal static class MistakesSection
{
    private const string HeatMapText =
        "Beside each is where the network saw the wrong class (Grad-CAM): yellow where a little spoke for it, red where most did.";

    public static Markup Of(ReportContent content, ClassificationReport report, IImageSource rows)
    {
        var shown = report.Mistakes.Take(content.MaxMistakes).ToList();
        var names = new RowNames(rows);
        var mistakes = shown.Select(row => Mistake(content, report, rows, row, names.FileOf(row)));
        return Markup.Of($"""
            <section id="mistakes"><h2>Worst mistakes</h2>
            <p>{report.Mistakes.Count:N0} of {report.Metrics.Count:N0} {content.RowsName} rows were put into a wrong class{(
                shown.Count < report.Mistakes.Count ? $"; here are the {shown.Count} of the highest confidence" : "")}.
            Images are as the network sees them, or smaller.{(content.HeatMaps is null ? "" : " " + HeatMapText)}</p>
            <ul class="{(content.HeatMaps is null ? "mistakes" : "mistakes pairs")}">{mistakes}</ul>
            </section>
            """);
    }

    private static Markup Mistake(ReportContent content, ClassificationReport report, IImageSource rows, int row, string? file)
    {
        var (label, predicted) = (report.ClassNames[report.Labels[row]], report.ClassNames[report.Predicted[row]]);
        var teacher = content.Teacher is { } other ? $"; teacher: {Teacher(report, other.Predicted[row], row)}" : "";
        var pixels = Thumbnail.IsExact(rows.Shape) ? "pixels" : "photo";
        var heat = Heat(content, row, pixels, $"The same image, and where in it {predicted} was seen");
        return Markup.Of($"""
            <li><figure><img class="{pixels}" src="{Thumbnail.DataUri(rows, row)}"
            alt="{file ?? $"Row {row}"}: an image of {label} that was taken for {predicted}"/>{heat}
            <figcaption><span class="true">{label}</span> <span>taken for {predicted}</span>
            <span>{report.Confidences[row]:P1}{teacher}</span> <span class="soft">{file ?? $"row {row}"}</span></figcaption></figure></li>

            """);
    }

    /// <summary>The picture of where the network looked, where there is one.</summary>
    public static Markup Heat(ReportContent content, int row, string pixels, string text) =>
        content.HeatMaps?.GetValueOrDefault(row) is { } picture
            ? Markup.Of($"""<img class="{pixels}" src="{picture}" alt="{text}"/>""")
            : Markup.Of($"");

    private static string Teacher(ClassificationReport report, int taught, int row) =>
        taught == report.Labels[row] ? "right"
        : taught == report.Predicted[row] ? "the same"
        : report.ClassNames[taught];
}
