namespace TfKd;

/// <summary>The table of a search as an HTML page.</summary>
internal static class SearchPage
{
    public static string Of(SearchResult result) => InvariantText.Of(() =>
    {
        var trained = result.Trials.Where(trial => trial.Score is not null).ToList();
        var subtitle = Markup.Of($"{result.Method}: {result.Trials.Count:N0} trials, {Seconds(result):N1} s");
        return Page.Of("Search", subtitle, [
            .. trained.Count > 0
                ? new[] { ("best", "Best trial", BestSection(result)), ("scores", "Scores", ScoresSection(result, trained)) }
                : [],
            ("trials", "Trials", TrialsSection(result)),
        ]).Html;
    });

    private static double Seconds(SearchResult result) => result.Trials.Sum(trial => trial.Time.TotalSeconds);

    private static Markup BestSection(SearchResult result)
    {
        var best = result.Best;
        return Markup.Of($"""
            <section id="best"><h2>Best trial</h2>
            <table class="facts"><tbody>
            {Row("Trial", $"{best.Number}")}
            {best.Settings.Select(value => Row(value.Name, value.Text))}
            {Row($"{result.Metric} on the validation rows", SearchTable.ScoreOf(best, result.Metric))}
            {Row("Epochs", $"{best.Epochs}")}
            {Row("Seed", $"{best.Seed}")}
            </tbody></table>
            </section>
            """);
    }

    private static Markup ScoresSection(SearchResult result, List<SearchTrial> trained)
    {
        var points = trained.Select(trial => ((double)trial.Number, trial.Score!.Value)).ToArray();
        var isFraction = result.Metric != ValidationMetric.Loss;
        return Markup.Of($"""
            <section id="scores"><h2>Scores</h2>
            <p>The best trial is chosen by the rows that all are compared on, so that its score is a little too good: measure the model on
            rows that had no part in the search.</p>
            <div class="charts">
            {Chart.Lines(
                $"{result.Metric} on the validation rows", "trial", [new ChartLine("trial", points), BestSoFar(result.Metric, points)],
                fraction: isFraction)}
            </div>
            </section>
            """);
    }

    private static ChartLine BestSoFar(ValidationMetric metric, (double X, double Y)[] points)
    {
        var (best, line) = (points[0].Y, new List<(double, double)>());
        foreach (var (x, y) in points)
        {
            best = metric == ValidationMetric.Accuracy ? Math.Max(best, y) : Math.Min(best, y);
            line.Add((x, best));
        }

        return new("best so far", line) { IsReference = true };
    }

    private static Markup TrialsSection(SearchResult result)
    {
        var names = SearchTable.SettingsOf(result);
        var rows = result.Trials.Select(trial => Markup.Of($"""
            <tr><th scope="row">{trial.Number}{(result.IsBest(trial) ? " (best)" : "")}</th>
            <td>{SearchTable.ScoreOf(trial, result.Metric)}</td>
            {names.Select(name => Markup.Of($"<td>{SearchTable.ValueOf(trial, name)}</td>"))}
            <td>{trial.Epochs}</td><td>{trial.Time.TotalSeconds:F1}</td>
            <td>{trial.Seed}</td><td>{trial.State}{(trial.Error is null ? "" : $": {trial.Error}")}</td></tr>

            """));
        return Markup.Of($"""
            <section id="trials"><h2>Trials</h2>
            {Page.Scrolling("Trials", Markup.Of($"""
                <table class="numbers">{Page.Head(
                    ["Trial", $"{result.Metric}", .. names, "Epochs", "Seconds", "Seed", "State"])}<tbody>
                {rows}</tbody></table>
                """))}
            </section>
            """);
    }

    private static Markup Row(string name, string value) => Markup.Of($"""<tr><th scope="row">{name}</th><td>{value}</td></tr>""");
}
