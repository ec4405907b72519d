namespace TfKd;

/// <summary>
/// Which classes are taken for which: a table with shaded cells, or a picture of as many squares where the classes are too many for
/// numbers, and the most frequent confusions in words.
/// </summary>
internal static class ConfusionSection
{
    private const int MostNumbers = 30;
    private const int MostPairs = 15;
    private const int Cell = 8;

    public static Markup Of(ReportContent content, ClassificationReport report) => Markup.Of($"""
        <section id="confusion"><h2>Confusion matrix</h2>
        <p>A line is a class of the {content.RowsName} rows, a column what they were put into; the shade is the fraction of the line.
        On the diagonal is what is right.</p>
        {(report.ClassNames.Count <= MostNumbers ? Table(report) : Squares(report))}
        {Pairs(report)}
        </section>
        """);

    private static Markup Table(ClassificationReport report)
    {
        var names = report.ClassNames;
        var lines = names.Select((name, label) => Markup.Of($"""
            <tr><th scope="row">{name}</th>{names.Select((_, predicted) => CellOf(report, label, predicted))}</tr>

            """));
        return Page.Scrolling("Confusion matrix", Markup.Of($"""
            <table class="confusion"><caption class="hidden">Number of rows by class, and by the class they were put into</caption>
            <thead><tr><td></td>{names.Select(name => Markup.Of($"""<th scope="col"><span>{name}</span></th>"""))}</tr></thead><tbody>
            {lines}</tbody></table>
            """));
    }

    private static Markup CellOf(ClassificationReport report, int label, int predicted)
    {
        var (count, shade) = (report.Confusions(label, predicted), Shade(report, label, predicted));
        if (count == 0)
            return Markup.Of($"""<td class="zero">0</td>""");
        var strength = shade > 0.8 ? " strong" : shade > 0.6 ? " half" : "";
        return Markup.Of($"""<td class="{Kind(label, predicted)}{strength}" style="--shade:{shade:F2}">{count}</td>""");
    }

    private static Markup Squares(ClassificationReport report)
    {
        var names = report.ClassNames;
        var squares = new List<Markup>();
        for (var label = 0; label < names.Count; label++)
        {
            for (var predicted = 0; predicted < names.Count; predicted++)
            {
                if (report.Confusions(label, predicted) is > 0 and var count)
                {
                    squares.Add(Markup.Of($"""
                        <rect class="{Kind(label, predicted)}" x="{predicted * Cell}" y="{label * Cell}" width="{Cell}" height="{Cell}"
                        style="--shade:{Shade(report, label, predicted):F2}"
                        ><title>{names[label]}, put into {names[predicted]}: {count}</title></rect>
                        """));
                }
            }
        }

        var size = names.Count * Cell;
        return Markup.Of($"""
            <svg class="squares" viewBox="0 0 {size} {size}" role="img"
            aria-label="Confusion matrix of {names.Count} classes, in the order of the table of classes, from the top and from the left"
            >{squares}</svg>
            """);
    }

    private static string Kind(int label, int predicted) => label == predicted ? "right" : "wrong";

    // The root brings out the few that are wrong.
    private static double Shade(ClassificationReport report, int label, int predicted)
    {
        var fraction = (double)report.Confusions(label, predicted) / report.Classes[label].Count;
        return label == predicted ? fraction : Math.Sqrt(fraction);
    }

    private static Markup Pairs(ClassificationReport report)
    {
        var classes = Enumerable.Range(0, report.ClassNames.Count);
        var pairs = classes
            .SelectMany(label => classes.Where(predicted => predicted != label), (label, predicted) => (label, predicted))
            .Select(pair => (pair.label, pair.predicted, count: report.Confusions(pair.label, pair.predicted)))
            .Where(pair => pair.count > 0)
            .OrderByDescending(pair => pair.count)
            .Take(MostPairs)
            .ToList();
        if (pairs.Count == 0)
            return Markup.Of($"<p>Every row was put into its class.</p>");
        var lines = pairs.Select(pair => Markup.Of($"""
            <tr><th scope="row">{report.ClassNames[pair.label]}</th><td>{report.ClassNames[pair.predicted]}</td>
            <td class="number">{pair.count}</td><td class="number">{(double)pair.count / report.Classes[pair.label].Count:P1}</td></tr>

            """));
        return Markup.Of($"""
            <h3>Most frequent confusions</h3>
            {Page.Scrolling("Most frequent confusions", Markup.Of($"""
                <table class="names"><thead><tr><th scope="col">Class</th><th scope="col">Put into</th>
                <th scope="col" class="number">Rows</th><th scope="col" class="number">Of the class</th></tr></thead><tbody>
                {lines}</tbody></table>
                """))}
            """);
    }
}
