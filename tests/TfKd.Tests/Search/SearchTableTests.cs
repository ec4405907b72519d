namespace TfKd.Tests;

public sealed class SearchTableTests
{
    private static readonly SearchResult _table = new(
        [
            Trial(1, 0.75, ("Rate", "0.1"), ("Objective", "a|b, \"c\"")),
            Trial(2, 0.875, ("Rate", "0.025")) with { State = SearchTrialState.LeftBehind, Epochs = 1 },
            Trial(3, null, ("Rate", "<9>")) with
            {
                State = SearchTrialState.Failed,
                Error = "InvalidOperationException: No.\nNot so.",
                Epochs = 0,
            },
        ], 2, ValidationMetric.Accuracy, "RandomSearch { }");

    [Fact]
    public void As_text() => Assert.Equal(
        """
        Trial  Rate   Objective  Accuracy  Epochs  Seconds  Seed  State
        1      0.1    a|b, "c"   75.00 %   4       1.5      5     Finished
        2*     0.025             87.50 %   1       1.5      5     LeftBehind
        3      <9>                         0       1.5      5     Failed: InvalidOperationException: No. Not so.
        """.ReplaceLineEndings("\n"), $"{_table}");

    [Fact]
    public void As_Markdown() => Assert.Equal(
        """
        | Trial | Rate | Objective | Accuracy | Epochs | Seconds | Seed | State |
        | --- | --- | --- | --- | --- | --- | --- | --- |
        | 1 | 0.1 | a\|b, "c" | 75.00 % | 4 | 1.5 | 5 | Finished |
        | **2** | **0.025** |  | **87.50 %** | **1** | **1.5** | **5** | **LeftBehind** |
        | 3 | <9> |  |  | 0 | 1.5 | 5 | Failed: InvalidOperationException: No. Not so. |

        """.ReplaceLineEndings("\n"), _table.ToMarkdown());

    [Fact]
    public void As_comma_separated_values() => Assert.Equal(
        """"
        trial,Rate,Objective,seed,epochs,score,validation_top1,validation_nll,validation_ece,seconds,state,error
        1,0.1,"a|b, ""c""",5,4,0.75,0.75,0.5,0.25,1.5,Finished,
        2,0.025,,5,1,0.875,0.875,0.5,0.25,1.5,LeftBehind,
        3,<9>,,5,0,,,,,1.5,Failed,"InvalidOperationException: No.
        Not so."

        """".ReplaceLineEndings("\r\n").Replace("No.\r\n", "No.\n", StringComparison.Ordinal), _table.ToCsv());

    [Fact]
    public void As_a_page()
    {
        var page = new ReportPage(SearchPage.Of(_table), isText: true);
        page.RequireSelfContained();
        page.RequireAccessible();
        Assert.Equal(["Best trial", "Scores", "Trials"], page.Headings);
        Assert.Equal(("2", "0.025", "87.50 %"), (page.Fact("Trial"), page.Fact("Rate"), page.Fact("Accuracy on the validation rows")));
        var cells = ReportPage.Cells(page.Section("trials").Descendants("table").Single());
        Assert.Equal(["1", "2 (best)", "3"], cells.Select(line => line[0]));
        Assert.Equal(["1", "75.00 %", "0.1", "a|b, \"c\"", "4", "1.5", "5", "Finished"], cells[0]);
        Assert.Equal("Failed: InvalidOperationException: No.\nNot so.", cells[2][^1]);
    }

    [Fact]
    public void A_page_of_a_search_that_has_no_trials_yet()
    {
        var page = new ReportPage(SearchPage.Of(new SearchResult([], null, ValidationMetric.Loss, "RandomSearch { }")), isText: true);
        page.RequireSelfContained();
        page.RequireAccessible();
    }

    [Fact]
    public void The_report_is_written_after_each_trial()
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-search-page-").FullName;
        var path = Path.Combine(folder, "below", "search.html");
        var counts = new List<int>();
        using (SearchCase.Run(SearchCase.Settings with { MaxTrials = 2, ReportPath = path, TrialCallback = _ => counts.Add(Rows()) }))
            Assert.Equal([1, 2], counts);
        Assert.Equal(2, Rows());
        Directory.Delete(folder, recursive: true);

        int Rows() => ReportPage.Cells(new ReportPage(path).Section("trials").Descendants("table").Single()).Count;
    }

    private static SearchTrial Trial(int number, double? score, params (string Name, string Text)[] settings) => new()
    {
        Number = number,
        Settings = [.. settings.Select(value => new SearchValue(value.Name, value.Text))],
        Seed = 5,
        State = SearchTrialState.Finished,
        Epochs = 4,
        Score = score,
        Validation = score is { } top1 ? new ClassificationMetrics(8, top1, 1, 0.5, 0.25) : null,
        Time = TimeSpan.FromSeconds(1.5),
    };
}
