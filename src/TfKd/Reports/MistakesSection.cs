namespace TfKd;

/// <summary>The rows that the network was most sure of, and wrong.</summary>
internal static class MistakesSection
{
    public static Markup Of(ReportContent content, ClassificationReport report, IImageSource rows)
    {
        var (shown, list) = (report.Mistakes.Take(content.MaxMistakes).ToList(), new MistakeList(content, rows));
        var chosen = shown.Count < report.Mistakes.Count ? $"; here are the {shown.Count} of the highest confidence" : "";
        return list.Section(
            Markup.Of(
                $"{report.Mistakes.Count:N0} of {report.Metrics.Count:N0} {content.RowsName} rows were put into a wrong class{chosen}."),
            "where the network saw the wrong class",
            shown.Select(row =>
            {
                var predicted = report.ClassNames[report.Predicted[row]];
                return list.Item(
                    row, report.ClassNames[report.Labels[row]], predicted, Detail(content, report, row),
                    $"where in it {predicted} was seen");
            }));
    }

    private static Markup Detail(ReportContent content, ClassificationReport report, int row)
    {
        var teacher = content.Teacher is { } other ? $"; teacher: {Teacher(report, other.Predicted[row], row)}" : "";
        return Markup.Of($"{report.Confidences[row]:P1}{teacher}");
    }

    private static string Teacher(ClassificationReport report, int taught, int row) =>
        taught == report.Labels[row] ? "right"
        : taught == report.Predicted[row] ? "the same"
        : report.ClassNames[taught];
}
