using System.Globalization;
using System.Text;

namespace TfKd;

/// <summary>The table of a search in its forms.</summary>
internal static class SearchTable
{
    /// <summary>The names of the settings, in the order in which they were drawn first.</summary>
    public static IReadOnlyList<string> SettingsOf(SearchResult result) =>
        [.. result.Trials.SelectMany(trial => trial.Settings.Select(value => value.Name)).Distinct(StringComparer.Ordinal)];

    /// <summary>What a trial has of a setting; nothing where it did not draw it.</summary>
    public static string ValueOf(SearchTrial trial, string name) =>
        trial.Settings.FirstOrDefault(value => value.Name == name)?.Text ?? "";

    public static string ToText(SearchResult result)
    {
        string[][] rows = [Head(result), .. result.Trials.Select(trial => Cells(result, trial, result.IsBest(trial) ? "*" : ""))];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var lines = rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        return string.Join('\n', lines);
    }

    public static string ToMarkdown(SearchResult result)
    {
        var head = Head(result);
        var text = new StringBuilder();
        Append(head);
        Append(head.Select(_ => "---"));
        foreach (var trial in result.Trials)
        {
            var cells = Cells(result, trial, "").Select(cell => Escape(cell)).ToArray();
            Append(result.IsBest(trial) ? cells.Select(cell => cell.Length > 0 ? $"**{cell}**" : cell) : cells);
        }

        return text.ToString();

        void Append(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    public static string ToCsv(SearchResult result)
    {
        var names = SettingsOf(result);
        var text = new StringBuilder();
        Append(
        [
            "trial", .. names, "seed", "epochs", "score", "validation_top1", "validation_nll", "validation_ece", "seconds", "state",
            "error",
        ]);
        foreach (var trial in result.Trials)
        {
            double?[] numbers =
            [
                trial.Score, trial.Validation?.Top1, trial.Validation?.NegativeLogLikelihood, trial.Validation?.ExpectedCalibrationError,
                trial.Time.TotalSeconds,
            ];
            Append(
            [
                Of(trial.Number), .. names.Select(name => ValueOf(trial, name)), Of(trial.Seed), Of(trial.Epochs),
                .. numbers.Select(number => number?.ToString("R", CultureInfo.InvariantCulture) ?? ""), $"{trial.State}", trial.Error ?? "",
            ]);
        }

        return text.ToString();

        void Append(IEnumerable<string> fields) => text.AppendJoin(',', fields.Select(Csv.Quote)).Append("\r\n");
    }

    /// <summary>A score as people read it.</summary>
    public static string ScoreOf(SearchTrial trial, ValidationMetric metric) =>
        trial.Score?.ToString(metric == ValidationMetric.Loss ? "F4" : "P2", CultureInfo.InvariantCulture) ?? "";

    private static string[] Head(SearchResult result) =>
        ["Trial", .. SettingsOf(result), $"{result.Metric}", "Epochs", "Seconds", "Seed", "State"];

    private static string[] Cells(SearchResult result, SearchTrial trial, string mark) =>
    [
        $"{Of(trial.Number)}{mark}", .. SettingsOf(result).Select(name => ValueOf(trial, name)), ScoreOf(trial, result.Metric),
        Of(trial.Epochs), trial.Time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture), Of(trial.Seed),
        trial.Error is null ? $"{trial.State}" : $"{trial.State}: {OneLine(trial.Error)}",
    ];

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string Escape(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);
}
