using System.CommandLine;
using System.Globalization;

namespace TfKd.Tool;

/// <summary><c>tfkd predict</c>.</summary>
internal static class PredictCommand
{
    private const int MostClasses = 1000;

    public static Command Create(ToolAction action, CommonOptions common)
    {
        var model = ModelOption.Create();
        var photos = new Argument<string[]>("PHOTO|FOLDER")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Photos, folders whose photos are predicted, with those in folders below, and lists (*.csv, *.tsv).",
        };
        var top = OptionBuilder.Within(
            new Option<int?>("--top") { HelpName = "N", Description = "How many of the most probable classes are written. Default: 1." },
            1, MostClasses, "a whole number from 1 to 1000");
        var csv = new Option<bool>("--csv") { Description = "A line a photo: path, label, score, and the next ones of --top." };
        var command = new Command("predict", "Says of which class photos are, or which labels they have.") { model, photos, top, csv };
        command.Validators.Add(result =>
        {
            if (result.GetValue(csv) && result.GetValue(common.Json))
                result.AddError("--csv and --json exclude each other.");
        });
        action.Set(command, (parsed, output, token) =>
        {
            var paths = PhotoPaths.List(parsed.GetRequiredValue(photos), output);
            var loaded = ModelLoader.Load(parsed.GetRequiredValue(model));
            using var scorer = new PhotoScorer(loaded, output);
            var count = Math.Min(parsed.GetValue(top) ?? 1, loaded.ClassNames.Count);
            var predictions = scorer.Score(paths, token).Select(photo => Prediction.Of(photo, loaded, count));
            if (!parsed.GetValue(csv))
                return Write(predictions, output, columns: null);
            var header = Header(loaded.Thresholds is not null, count);
            output.Line(header);
            return Write(predictions, output, header.Split(',').Length);
        });
        return command;
    }

    /// <summary>Writes the predictions as they come, but for JSON.</summary>
    /// <param name="predictions">The predictions.</param>
    /// <param name="output">Where.</param>
    /// <param name="columns">How many columns, as CSV; null: for people.</param>
    private static int Write(IEnumerable<Prediction> predictions, ToolOutput output, int? columns)
    {
        var (failed, all) = (0, new List<Prediction>());
        foreach (var prediction in predictions)
        {
            if (prediction.Error is { } error)
            {
                failed++;
                output.Warn(error);
            }

            if (output.IsJson)
                all.Add(prediction);
            else if (columns is { } count)
                output.Line(Csv(prediction, count));
            else if (prediction.Top is not null)
                output.Line(Text(prediction));
        }

        if (output.IsJson)
            output.Result(() => "", () => all);
        return failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    // Of several labels the first columns are those of a list of photos, and then come classes with their scores.
    private static string Header(bool areSeveral, int classes) => areSeveral
        ? "path,labels" + string.Concat(Enumerable.Range(1, classes).Select(n => $",label{n},score{n}"))
        : "path,label,score" + string.Concat(Enumerable.Range(2, classes - 1).Select(n => $",label{n},score{n}"));

    private static string Text(Prediction prediction)
    {
        var scores = prediction.Top!.Select(score => string.Create(CultureInfo.InvariantCulture, $"{score.Class} {score.Score:P1}"));
        if (prediction.Labels is { } labels)
            return $"{prediction.Path}: {(labels.Count == 0 ? "no label" : string.Join(", ", labels))} ({string.Join(", ", scores)})";
        return $"{prediction.Path}: {(prediction.Label == prediction.Top![0].Class ? "" : $"{prediction.Label ?? "no class"}; ")}"
            + string.Join(", ", scores);
    }

    // Of a photo that could not be read all cells but the first are empty.
    private static string Csv(Prediction prediction, int columns)
    {
        if (prediction.Error is not null)
            return Quoted(prediction.Path) + new string(',', columns - 1);
        var top = prediction.Top ?? [];
        string[] first = prediction.Labels is { } labels
            ? [Quoted(string.Join(';', labels))]
            : [Quoted(prediction.Label ?? ""), Number(prediction.Score)];
        var others = (prediction.Labels is null ? top.Skip(1) : top).SelectMany(one => new[] { Quoted(one.Class), Number(one.Score) });
        return string.Join(',', [Quoted(prediction.Path), .. first, .. others]);
    }

    private static string Number(double? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny("\",\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
