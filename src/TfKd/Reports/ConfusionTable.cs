namespace TfKd;

/// <summary>
/// A confusion matrix of numbers, in the order of the classes; of few classes with the fraction of the line, and with names that lie.
/// </summary>
internal static class ConfusionTable
{
    private const int MostFractions = 10;
    private const int MostLying = 4;

    public static Markup Of(ClassificationReport report)
    {
        var names = report.ClassNames;
        var kind = names.Count <= MostLying ? "confusion few" : "confusion";
        var lines = names.Select((name, label) => Markup.Of($"""
            <tr><th scope="row">{name}</th>{names.Select((_, predicted) => Cell(report, label, predicted))}</tr>

            """));
        return Page.Scrolling("Confusion matrix", Markup.Of($"""
            <table class="{kind}"><caption class="hidden">Number of rows by class, and by the
            class they were put into</caption><thead><tr><td class="soft">class, put into</td>{names.Select(name =>
                Markup.Of($"""<th scope="col"><span>{name}</span></th>"""))}</tr></thead><tbody>
            {lines}</tbody></table>
            """));
    }

    private static Markup Cell(ClassificationReport report, int label, int predicted)
    {
        var count = report.Confusions(label, predicted);
        if (count == 0)
            return Markup.Of($"""<td class="zero">0</td>""");
        var shade = ConfusionSection.Shade(report, label, predicted);
        var strength = shade > 0.8 ? " strong" : shade > 0.6 ? " half" : "";
        var fraction = report.ClassNames.Count > MostFractions
            ? Markup.Empty
            : Markup.Of($"<small>{(double)count / report.Classes[label].Count:P0}</small>");
        return Markup.Of($"""
            <td class="{ConfusionSection.Kind(label, predicted)}{strength}" style="--shade:{shade:F2}">{count}{fraction}</td>
            """);
    }
}
