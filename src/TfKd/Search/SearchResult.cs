namespace TfKd;

/// <summary>What a search found: a table, a row a trial.</summary>
/// <example><code>
/// Action&lt;SearchResult&gt; report = table => File.WriteAllText("search.md", table.ToMarkdown());
/// </code></example>
public sealed class SearchResult
{
    private readonly int? _best;

    internal SearchResult(IReadOnlyList<SearchTrial> trials, int? best, ValidationMetric metric, string method) =>
        (Trials, _best, Metric, Method) = (trials, best, metric, method);

    /// <summary>The trials that were begun, in the order in which they were drawn.</summary>
    public IReadOnlyList<SearchTrial> Trials { get; }

    /// <summary>
    /// The best trial on the validation rows: of those that came furthest the one with the best score, of equals the first.
    /// </summary>
    public SearchTrial Best => Trials.First(trial => trial.Number == _best);

    /// <summary>What the score is.</summary>
    public ValidationMetric Metric { get; }

    internal string Method { get; }

    internal bool IsBest(SearchTrial trial) => trial.Number == _best;

    /// <summary>The table as text, in columns; * is the best.</summary>
    public override string ToString() => SearchTable.ToText(this);

    /// <summary>The table in Markdown; the best is in bold.</summary>
    public string ToMarkdown() => SearchTable.ToMarkdown(this);

    /// <summary>
    /// The table as comma-separated values (RFC 4180, numbers as in the invariant culture): trial, a column a setting, seed, epochs, score,
    /// validation_top1, validation_nll, validation_ece, seconds, state, error.
    /// </summary>
    public string ToCsv() => SearchTable.ToCsv(this);

    /// <summary>Writes the table, with a chart of the scores, as one HTML file with nothing from elsewhere.</summary>
    /// <param name="path">The file; its folder is made when it is missing.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteHtml(string path) => ReportFile.Write(nameof(SearchResult), Require.Name(path, nameof(path)), SearchPage.Of(this));
}
