using System.Globalization;
using System.Text;
using TfKd;

namespace TeacherFreeCifar;

/// <summary>The results as tables: Markdown to read, CSV to compute with.</summary>
internal static class Tables
{
    private static readonly CultureInfo _culture = CultureInfo.InvariantCulture;

    /// <summary>Runs that may be compared: of one preset, on the same rows.</summary>
    public static IEnumerable<(string Name, List<RunRecord> Runs)> Groups(IEnumerable<RunRecord> runs) =>
        from run in runs
        group run by (Preset: ComparedPresetOf(run), run.Rows) into runsOfOne
        let name = runsOfOne.Key.Preset.RunsName(runsOfOne.Key.Rows)
        orderby name
        select (name, runsOfOne.ToList());

    /// <summary>The runs of a preset on so many training rows, at any learning rate.</summary>
    public static IReadOnlyList<RunRecord> Of(Preset preset, int rows, IEnumerable<RunRecord> finished) =>
    [
        .. finished.Where(run => run.Preset == preset.Name && run.Rows == rows && run.Epochs == preset.Epochs * MethodOf(run).EpochFactor
            && run.Precision == preset.Precision.ToString()),
    ];

    /// <summary>The preset of a run, at its own learning rate.</summary>
    public static Preset PresetOf(RunRecord run) => Preset.All[run.Preset] with
    {
        Epochs = run.Epochs / MethodOf(run).EpochFactor,
        Precision = Enum.Parse<Precision>(run.Precision),
    };

    // Where each method has a rate of its own, those of all rates are compared.
    private static Preset ComparedPresetOf(RunRecord run) => PresetOf(run) is { Studied.Count: 0 } preset
        ? preset with { LearningRate = run.LearningRate }
        : PresetOf(run);

    public static Method MethodOf(RunRecord run) => Method.All.FirstOrDefault(method => method.Name == run.Method)
        ?? throw new InvalidDataException(
            $"The results have a run of '{run.Method}', which is no method; there are " +
            $"{string.Join(", ", Method.All.Select(method => method.Name))}.");

    public static string Csv(IEnumerable<RunRecord> runs)
    {
        var text = new StringBuilder(
            "preset,method,learning_rate,seed,epochs,rows,best_epoch,validation_top1,test_top1,test_ece,test_nll,temperature," +
            "validation_ece_at_temperature,test_ece_at_temperature,test_nll_at_temperature,seconds,machine,version\n");
        foreach (var run in runs.OrderBy(run => IndexOf(run.Method)).ThenBy(run => run.LearningRate).ThenBy(run => run.Seed))
        {
            text.Append(
                _culture,
                $"{run.Preset},{run.Method},{run.LearningRate},{run.Seed},{run.Epochs},{run.Rows},{run.BestEpoch},{run.ValidationTop1:F4},{run.Top1:F4}," +
                $"{run.Ece:F4},{run.Nll:F4},{run.Temperature:F3},{run.ValidationEceAtTemperature:F4}," +
                $"{run.EceAtTemperature:F4},{run.NllAtTemperature:F4},{run.Seconds:F0},{run.Machine},{run.Version}\n");
        }

        return text.ToString();
    }

    /// <summary>One table, with the commands that make it. A gain is over the baseline's run of the same seed.</summary>
    public static string Markdown(IReadOnlyList<RunRecord> runs)
    {
        var baseline = runs.Where(run => run.Method == Method.All[0].Name).ToDictionary(run => run.Seed);
        var text = new StringBuilder();
        var first = runs[0];
        text.Append(
            _culture,
            $"ResNet-20 on CIFAR-100, preset `{first.Preset}`: {first.Epochs / MethodOf(first).EpochFactor} epochs on {first.Rows} rows; " +
            $"the epoch is chosen by the rows held out of the training set; ");
        text.Append(
            "the test rows are read once, after the run. Mean ± standard deviation over seeds; a gain is over cross entropy with the " +
            "same seed, and is called noise where its 95 % interval (Student's t) has 0 in it.\n\n");
        text.Append(
            "| method | seeds | top-1 % | gain | | ECE % | NLL | seconds | published gain |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var own in runs.GroupBy(run => run.Method).OrderBy(own => IndexOf(own.Key)))
        {
            var method = MethodOf(own.First());
            var paired = own.Where(run => baseline.ContainsKey(run.Seed)).ToList();
            Statistics? gain = method == Method.All[0] || paired.Count == 0
                ? null
                : Statistics.Of([.. paired.Select(run => run.Top1 - baseline[run.Seed].Top1)]);
            text.Append(
                _culture,
                $"| {method.Title} | {string.Join(' ', own.Select(run => run.Seed).Order())} | {Of(run => run.Top1).Text("F2", 100)} | " +
                $"{gain?.Text("+0.00;-0.00;0.00", 100)} | {Verdict(gain)} ");
            text.Append(
                _culture,
                $"| {Of(run => run.Ece).Text("F2", 100)} | {Of(run => run.Nll).Text("F3")} | {Of(run => run.Seconds).Mean:F0} | " +
                $"{(method.Published is { } published ? $"{published.Gain:+0.00} ({published.Source})" : "")} |\n");

            Statistics Of(Func<RunRecord, double> figure) => Statistics.Of([.. own.Select(figure)]);
        }

        var commands = runs.GroupBy(run => run.Method).OrderBy(own => IndexOf(own.Key)).Select(own => Command([.. own]));
        return text.Append(_culture, $"\n```\n{string.Join('\n', commands)}\n```\n").ToString();
    }

    /// <summary>How good the teachers are.</summary>
    public static string Teachers(
        Preset preset, int rows, IEnumerable<(string Name, ClassificationMetrics HeldOut, ClassificationMetrics Test)> teachers)
    {
        var text = new StringBuilder();
        text.Append(
            _culture,
            $"The teachers; those not given were trained as preset `{preset.Name}` says, {preset.Epochs} epochs on {rows} rows where " +
            $"nothing else is said, seed 1.\n\n");
        text.Append("| teacher | top-1 % on the rows held out | top-1 % on the test rows | ECE % | NLL |\n|---|---|---|---|---|\n");
        foreach (var (name, heldOut, test) in teachers)
        {
            text.Append(
                _culture,
                $"| {name} | {100 * heldOut.Top1:F2} | {100 * test.Top1:F2} | {100 * test.ExpectedCalibrationError:F2} | " +
                $"{test.NegativeLogLikelihood:F3} |\n");
        }

        return text.Append(_culture, $"\n```\n{Typed("teachers", preset, rows)} --weights FOLDER\n```\n").ToString();
    }

    /// <summary>What was typed for the runs of one method.</summary>
    private static string Command(IReadOnlyList<RunRecord> own)
    {
        var (run, method) = (own[0], MethodOf(own[0]));
        var typed = Typed($"{method.Name} --seeds {string.Join(' ', own.Select(run => run.Seed).Order())}", ComparedPresetOf(run), run.Rows);
        return method.HasGivenTeacher ? $"{typed} --weights FOLDER" : typed;
    }

    internal static string Typed(string command, Preset preset, int rows)
    {
        var text = new StringBuilder().Append(
            _culture, $"dotnet run -c Release --project examples/TeacherFreeCifar -- {command} --preset {preset.Name}");
        if (preset.Epochs != Preset.All[preset.Name].Epochs)
            text.Append(_culture, $" --epochs {preset.Epochs}");
        if (preset.LearningRate != Preset.All[preset.Name].LearningRate)
            text.Append(_culture, $" --learning-rate {preset.LearningRate}");
        if (preset.Precision != Precision.Float32)
            text.Append(_culture, $" --precision {preset.Precision}");
        var given = Laboratory.RowsGiven(preset, rows);
        if (given != Cifar100.TrainingRows)
            text.Append(_culture, $" --rows {given}");
        return text.Append(" --data FOLDER").ToString();
    }

    private static string Verdict(Statistics? gain) => gain switch
    {
        null => "",
        { Count: < 2 } => "one seed",
        { IsBeyondNoise: true } => "",
        _ => "noise",
    };

    private static int IndexOf(string method) =>
        Method.All.Select((candidate, index) => (candidate.Name, index)).First(entry => entry.Name == method).index;
}
