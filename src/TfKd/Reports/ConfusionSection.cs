namespace TfKd;

/// <summary>
/// Which classes are taken for which: a table with numbers, or a map without them where the classes are too many, and the most frequent
/// confusions in words.
/// </summary>
internal static class ConfusionSection
{
    private const int MostNumbers = 30;
    private const int MostPairs = 15;

    public static Markup Of(ReportContent content, ClassificationReport report) => Markup.Of($"""
        <section id="confusion"><h2>Confusion matrix</h2>
        <p>A line is a class of the {content.RowsName} rows, a column what they were put into; the shade is the fraction of the line.
        On the diagonal, <span class="key right"></span>, is what is right; beside it, <span class="key wrong"></span>, what is wrong.</p>
        {(report.ClassNames.Count <= MostNumbers ? ConfusionTable.Of(report) : ConfusionMap.Of(report))}
        {Pairs(report)}
        </section>
        """);

    /// <summary>Whether a cell is one of the diagonal, as a class of the style sheet.</summary>
    public static string Kind(int label, int predicted) => label == predicted ? "right" : "wrong";

    /// <summary>How strong the colour of a cell is that is not empty, from 0 to 1. The root brings out the few that are wrong.</summary>
    public static double Shade(ClassificationReport report, int label, int predicted)
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
        // Of two classes the table has said it.
        if (report.ClassNames.Count == 2)
            return Markup.Empty;
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
