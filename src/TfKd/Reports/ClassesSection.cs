namespace TfKd;

/// <summary>Precision, recall and F1 of each class.</summary>
internal static class ClassesSection
{
    public static Markup Of(ClassificationReport report)
    {
        var lines = report.Classes.Select(one => Markup.Of($"""
            <tr><th scope="row">{one.Name}</th><td>{one.Count:N0}</td><td>{one.Predicted:N0}</td>
            <td>{one.Precision:P1}</td><td>{one.Recall:P1}</td><td>{one.F1:F3}</td></tr>

            """));
        return Markup.Of($"""
            <section id="classes"><h2>Classes</h2>
            {Page.Scrolling("Figures of each class", Markup.Of($"""
                <table class="numbers">{Page.Head("Class", "Rows", "Put into it", "Precision", "Recall", "F1")}<tbody>
                {lines}</tbody></table>
                """))}
            </section>
            """);
    }
}
