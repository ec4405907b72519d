namespace TfKd;

/// <summary>Whether the teacher helped.</summary>
internal static class TeacherSection
{
    public static Markup Of(TeacherReport report)
    {
        var columns = report.Validation is { } validation
            ? new[] { ("Training", report.Training), ("Validation", validation) }
            : [("Training", report.Training)];
        return Markup.Of($"""
            <section id="teacher"><h2>Teacher</h2>
            {(report.Warning is { } warning ? Markup.Of($"""<p class="note">{warning}</p>""") : Markup.Empty)}
            <p>{(report.HasTargets
                ? Markup.Of($"Targets are the teacher's answers at the objective's temperature, {report.Temperature:0.###}.")
                : Markup.Of($"The objective asks for no targets; those below are the teacher's answers at {report.Temperature:0.###}."))}
            Their KL divergence from the
            smoothed label that gives the class as much is what they say of the likeness of the other classes, which neither hard nor
            smoothed labels say.</p>
            {Page.Scrolling("Figures of the teacher", Markup.Of($"""
                <table class="numbers">{Page.Head(["Figure", .. columns.Select(column => column.Item1)])}<tbody>
                {Row("Rows", "N0", figures => figures.Metrics.Count)}
                {Row("Top-1", "P1", figures => figures.Metrics.Top1)}
                {Row("NLL, nats", "F4", figures => figures.Metrics.NegativeLogLikelihood)}
                {Row("ECE", "P1", figures => figures.Metrics.ExpectedCalibrationError)}
                {Row("Agreement with the student", "P1", figures => figures.Agreement)}
                {Row("Entropy of the targets, nats", "F4", figures => figures.Entropy)}
                {Row("Smoothing of the same strength", "F4", figures => figures.EffectiveSmoothing)}
                {Row("Its deviation between rows", "F4", figures => figures.SmoothingDeviation)}
                {Row("KL from the smoothed label, nats", "F4", figures => figures.KlFromSmoothedLabel)}
                </tbody></table>
                """))}
            {ByClass(report)}
            </section>
            """);

        Markup Row(string name, string format, Func<TeacherFigures, double> value) =>
            Markup.Of($"""<tr><th scope="row">{name}</th>{columns.Select(column => Page.Number(value(column.Item2), format))}</tr>""");
    }

    private static Markup ByClass(TeacherReport report)
    {
        var lines = report.Training.Classes.Select(one => Markup.Of($"""
            <tr><th scope="row">{one.Name}</th><td>{one.Count:N0}</td><td>{one.Accuracy:P1}</td>
            <td>{one.TargetProbability:F4}</td><td>{one.KlFromSmoothedLabel:F4}</td></tr>

            """));
        return Markup.Of($"""
            <details><summary>Class by class, on the training rows</summary>
            {Page.Scrolling("The teacher's figures of each class", Markup.Of($"""
                <table class="numbers">{Page.Head("Class", "Rows", "Top-1", "Target", "KL, nats")}<tbody>
                {lines}</tbody></table>
                """))}
            </details>
            """);
    }
}
