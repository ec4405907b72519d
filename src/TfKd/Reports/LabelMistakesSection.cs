namespace TfKd;

/// <summary>The rows with several labels that the network was most wrong of.</summary>
internal static class LabelMistakesSection
{
    public static Markup Of(ReportContent content, MultiLabelReport report, IImageSource rows)
    {
        var (shown, list) = (report.Mistakes.Take(content.MaxMistakes).ToList(), new MistakeList(content, rows));
        var chosen = shown.Count < report.Mistakes.Count ? $"; here are the {shown.Count} with the worst score of a class" : "";
        return list.Section(
            Markup.Of($"""
                {report.Mistakes.Count:N0} of {report.Metrics.Count:N0} {content.RowsName} rows have a wrong label, or lack one{chosen}.
                That class and its score are the third line.
                """),
            "where the network looked for that class",
            shown.Select(mistake =>
            {
                var (row, worst) = (mistake.Row, content.ClassNames[mistake.Class]);
                return list.Item(
                    row, report.LabelsOf(row), report.PredictedOf(row),
                    Markup.Of($"{worst} {mistake.Probability:P1}"),
                    $"where in it {worst} was looked for");
            }));
    }
}
