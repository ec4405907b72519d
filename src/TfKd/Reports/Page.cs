namespace TfKd;

/// <summary>
/// A report as one HTML page: nothing in it comes from elsewhere, and the page forbids it, too. It is well-formed XML, so that programs can
/// read it.
/// </summary>
internal static class Page
{
    public static string Of(ReportContent content) => InvariantText.Of(() =>
    {
        object?[] parts = [content.Network, content.Plan.Objective, content.Plan.Teacher];
        return Of(content.Title, Markup.Of($"""
            {string.Join(", ", parts.OfType<object>().Select(part => part.GetType().Name))}:
            {content.ClassNames.Count} classes, {content.History.Count} epochs
            """), [.. Sections(content)]).Html;
    });

    /// <summary>A page of sections.</summary>
    /// <param name="title">The heading.</param>
    /// <param name="subtitle">What stands below it.</param>
    /// <param name="sections">Identifier, name in the list of sections, and content.</param>
    public static Markup Of(string title, Markup subtitle, IReadOnlyList<(string Id, string Name, Markup Content)> sections) =>
        Markup.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
            <title>{title}</title>
            <style>{new Markup(PageStyle.Text)}</style>
            </head>
            <body>
            <header><h1>{title}</h1>
            <p>{subtitle}</p>
            <nav aria-label="Sections"><ul>{sections.Select(section =>
                Markup.Of($"""<li><a href="#{section.Id}">{section.Name}</a></li>"""))}</ul></nav></header>
            <main>
            {sections.Select(section => section.Content)}
            </main>
            </body>
            </html>

            """);

    /// <summary>The head of a table.</summary>
    public static Markup Head(params IEnumerable<string> columns) =>
        Markup.Of($"""<thead><tr>{columns.Select(column => Markup.Of($"""<th scope="col">{column}</th>"""))}</tr></thead>""");

    /// <summary>A cell of a table of numbers.</summary>
    public static Markup Number(double value, string format)
    {
        var handler = new MarkupHandler(0, 1);
        handler.AppendFormatted(value, format);
        return Markup.Of($"<td>{handler.ToMarkup()}</td>");
    }

    /// <summary>Content that may be wider than the page, and is then moved by itself: with the keyboard, too.</summary>
    /// <param name="label">What it is, for those who do not see it.</param>
    /// <param name="content">The content.</param>
    /// <param name="way">How it is moved, as a class of the style sheet: sideways, or both ways where it is higher than a page.</param>
    public static Markup Scrolling(string label, Markup content, string way = "sideways") =>
        Markup.Of($"""
            <div class="scroll {way}" role="region" aria-label="{label}" tabindex="0">{content}</div>
            """);

    private static IEnumerable<(string Id, string Name, Markup Content)> Sections(ReportContent content)
    {
        yield return ("summary", "Summary", SummarySection.Of(content));
        if (content.History.Count > 0)
            yield return ("curves", "Curves", CurvesSection.Of(content));
        if (content.Predictions is { } predictions)
        {
            if (content.Teacher is { } other)
                yield return ("comparison", "Student and teacher", ComparisonSection.Of(content, predictions, other));
            yield return ("confusion", "Confusion matrix", ConfusionSection.Of(content, predictions));
            yield return ("classes", "Classes", ClassesSection.Of(predictions));
            yield return ("calibration", "Calibration", CalibrationSection.Of(content, predictions));
            yield return ("rejection", "Rejection", RejectionSection.Of(content, predictions));
            if (content.Rows is { } rows && predictions.Mistakes.Count > 0)
                yield return ("mistakes", "Worst mistakes", MistakesSection.Of(content, predictions, rows));
        }

        if (content.Labels is { } labels)
        {
            yield return ("classes", "Classes", LabelsSection.Of(content, labels));
            yield return ("calibration", "Calibration", LabelCalibrationSection.Of(content, labels));
            if (content.Rows is { } rows && labels.Mistakes.Count > 0)
                yield return ("mistakes", "Worst mistakes", LabelMistakesSection.Of(content, labels, rows));
        }

        if (content.Result?.TeacherReport is { } teacher)
            yield return ("teacher", "Teacher", TeacherSection.Of(teacher));
        if (content.SoftTargets is { } targets)
            yield return ("targets", "Soft targets", SoftTargetsSection.Of(targets));
        yield return ("plan", "Plan and versions", PlanSection.Of(content));
    }
}
