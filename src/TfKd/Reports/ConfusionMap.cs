namespace TfKd;

/// <summary>
/// A confusion matrix of many classes: small cells without numbers, each saying what it is when it is pointed at, and the classes in an
/// order that puts those side by side that are taken for each other. The names stay in view while it is moved.
/// </summary>
internal static class ConfusionMap
{
    /// <summary>More classes than these are not shown, so that neither the page nor the search for an order grows further.</summary>
    public const int MostClasses = 100;

    private const double FaintestMistake = 0.3;

    // In rem: what the page has for the cells beside the names, and what is large enough.
    private const double Width = 65;
    private const double LargestCell = 1.25;

    public static Markup Of(ClassificationReport report)
    {
        var order = ClassOrder.Of(Shown(report), (one, other) => Rate(report, one, other) + Rate(report, other, one));
        var cell = Math.Min(LargestCell, Width / order.Length);
        var heads = order.Select(k => Markup.Of($"""
            <th scope="col" title="{report.ClassNames[k]}"><span>{report.ClassNames[k]}</span></th>
            """));
        var lines = order.Select(label => Markup.Of($"""
            <tr><th scope="row" title="{report.ClassNames[label]}">{report.ClassNames[label]}</th>{Cells(report, order, label)}</tr>

            """));
        var which = order.Length < report.ClassNames.Count
            ? $"These are the {order.Length} of {report.ClassNames.Count} classes with the most mistakes. "
            : "";
        return Markup.Of($"""
            <p>{which}Classes that are taken for each other stand side by side. A cell says its number when it is pointed at.</p>
            {Page.Scrolling("Confusion matrix", Markup.Of($"""
                <table class="map" style="--cell:{cell:F2}rem"><caption class="hidden">Number of rows by class, and by the class they were
                put into</caption><thead><tr><td></td>{heads}</tr></thead><tbody>
                {lines}</tbody></table>
                """), "both")}
            """);
    }

    private static int[] Shown(ClassificationReport report) =>
        [.. report.Classes
            .Select((one, label) => (label, mistakes: one.Count + one.Predicted - 2 * one.Correct))
            .OrderByDescending(one => one.mistakes)
            .Take(MostClasses)
            .Select(one => one.label)
            .Order()];

    private static double Rate(ClassificationReport report, int label, int predicted) =>
        report.Classes[label].Count is > 0 and var count ? (double)report.Confusions(label, predicted) / count : 0;

    // Empty cells beside each other are one.
    private static IEnumerable<Markup> Cells(ClassificationReport report, int[] order, int label)
    {
        var empty = 0;
        foreach (var predicted in order)
        {
            if (report.Confusions(label, predicted) == 0)
            {
                empty++;
                continue;
            }

            if (empty > 0)
                yield return Empty(empty);
            empty = 0;
            yield return Cell(report, label, predicted);
        }

        if (empty > 0)
            yield return Empty(empty);
    }

    private static Markup Empty(int count) => Markup.Of($"""<td colspan="{count}"></td>""");

    private static Markup Cell(ClassificationReport report, int label, int predicted)
    {
        var (kind, shade) = (ConfusionSection.Kind(label, predicted), ConfusionSection.Shade(report, label, predicted));
        var count = report.Confusions(label, predicted);
        var (name, other) = (RowNames.Shorten(report.ClassNames[label], 40), RowNames.Shorten(report.ClassNames[predicted], 40));
        return Markup.Of($"""
            <td class="{kind}" style="--shade:{(label == predicted ? shade : Math.Max(shade, FaintestMistake)):F2}"
            title="{name}, put into {other}: {count}">{count}</td>
            """);
    }
}
