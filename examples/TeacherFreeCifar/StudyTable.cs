using System.Globalization;
using System.Text;

namespace TeacherFreeCifar;

/// <summary>What a study found, as Markdown: the gains, the learning rates that were tried, the machines.</summary>
internal sealed class StudyTable
{
    private static readonly CultureInfo _culture = CultureInfo.InvariantCulture;

    private readonly Study _study;
    private readonly TwoWayModel? _model;
    private readonly IReadOnlyList<Method> _whole;
    private readonly IReadOnlyList<Method> _diverged;

    public StudyTable(Study study)
    {
        (_study, var methods) = (study, study.Methods);
        // Seeds that are not finished are left out, so that no method is compared on other seeds than cross entropy.
        Seeds = [.. study.ComparedSeeds.TakeWhile(seed => methods.All(method => OfSeed(method, seed) is not null || IsUntuned(method)))];
        var tuned = methods.Where(method => Seeds.Count > 0 && !IsUntuned(method)).ToList();
        _diverged = [.. tuned.Where(method => Seeds.Any(seed => OfSeed(method, seed)!.Diverged))];
        _whole = [.. tuned.Except(_diverged)];
        // What has no accuracy has no part in the model, and nothing is a gain over another method than the first.
        _model = Seeds.Count > 1 && _whole.Count > 1 && _whole[0] == methods[0]
            ? new TwoWayModel(_whole.Select(method => Seeds.Select(seed => OfSeed(method, seed)!.Top1)))
            : null;
    }

    /// <summary>The seeds that all methods have which have a learning rate.</summary>
    public IReadOnlyList<long> Seeds { get; }

    /// <summary>The runs that are compared; before there are any, those that choose the learning rate.</summary>
    public IReadOnlyList<RunRecord> Compared => _whole.Count > 0
        ? [.. _whole.SelectMany(method => Seeds.Select(seed => OfSeed(method, seed)!))]
        : [.. _study.Methods.Select(_study.Best).OfType<RunRecord>()];

    public string Markdown()
    {
        var (text, preset) = (new StringBuilder(), Tables.PresetOf(_study.Runs[0]));
        text.Append(
            _culture,
            $"ResNet-20 on CIFAR-100, preset `{preset.Name}`: {preset.Epochs} epochs on {_study.Runs[0].Rows} rows, {preset.Precision}. ");
        text.Append(
            _culture,
            $"Each method has the learning rate {_study.Choice}. The last epoch is taken; ");
        text.Append("the test rows are read once, after the run.\n\n");
        AppendGains(text);
        AppendRates(text);
        text.Append("\n## Machines\n\n| processor, threads, libtorch | version | runs |\n|---|---|---|\n");
        foreach (var machine in _study.Runs.GroupBy(run => (run.Machine, run.Version)).OrderBy(machine => machine.Key))
            text.Append(_culture, $"| {machine.Key.Machine} | {machine.Key.Version} | {machine.Count()} |\n");
        return text.Append(_culture, $"\n```\n{Tables.Typed("study", preset, _study.Runs[0].Rows)} --weights FOLDER\n```\n").ToString();
    }

    private void AppendGains(StringBuilder text)
    {
        if (_whole.Count + _diverged.Count == 0)
        {
            text.Append("No seed is finished yet that methods are compared on.\n");
            return;
        }

        text.Append(
            _culture,
            $"Seeds {string.Join(' ', Seeds)}, mean ± standard deviation. A gain is in points of top-1 over cross entropy, with its ");
        text.Append(
            "95 % interval by the two-way model (method and seed; one deviation for all); p is adjusted by Holm's method for all " +
            "comparisons. ECE and NLL are of the test rows, behind the arrow at the temperature that fits the rows held out.\n\n");
        if (_whole.Count == 0 || _whole[0] != _study.Methods[0])
            text.Append(_culture, $"There are no gains, as {_study.Methods[0].Title} diverged, or has no rate yet.\n\n");
        text.Append("| method | rate | top-1 % | gain | p | ECE % | NLL |\n|---|---|---|---|---|---|---|\n");
        var probabilities = _model?.AdjustedProbabilities();
        for (var i = 0; i < _whole.Count; i++)
        {
            var (method, own) = (_whole[i], Seeds.Select(seed => OfSeed(_whole[i], seed)!).ToList());
            var gain = i > 0 && _model is not null
                ? string.Create(
                    _culture, $"{100 * _model.Gains[i - 1]:+0.00;-0.00;0.00} ± {100 * _model.Margin:F2} | {probabilities![i - 1]:F3}")
                : " | ";
            text.Append(
                _culture,
                $"| {method.Title} | {_study.RateOf(method)} | {Of(run => run.Top1).Text("F2", 100)} | {gain} ");
            text.Append(
                _culture,
                $"| {Of(run => run.Ece).Text("F2", 100)} → {Of(run => run.EceAtTemperature!.Value).Text("F2", 100)} " +
                $"| {Of(run => run.Nll).Text("F3")} → {Of(run => run.NllAtTemperature!.Value).Text("F3")} |\n");

            Statistics Of(Func<RunRecord, double> figure) => Statistics.Of(own.ConvertAll(run => figure(run)));
        }

        foreach (var method in _diverged)
        {
            var count = Seeds.Count(seed => OfSeed(method, seed)!.Diverged);
            text.Append(_culture, $"| {method.Title} | {_study.RateOf(method)} | diverged with {count} of {Seeds.Count} seeds | | | | |\n");
        }
    }

    private void AppendRates(StringBuilder text)
    {
        var rates = _study.Methods.SelectMany(_study.Tuning).Select(run => run.LearningRate).Distinct().Order().ToList();
        text.Append(
            _culture,
            $"\n## Learning rates\n\nTop-1 in % on the rows held out, seed {Study.TuningSeed}; {_study.Grid}.\n\n");
        text.Append(_culture, $"| method | {string.Join(" | ", rates.Select(rate => rate.ToString(_culture)))} |\n");
        text.Append(_culture, $"|---|{string.Concat(rates.Select(_ => "---|"))}\n");
        foreach (var method in _study.Methods.Where(method => _study.Tuning(method).Count > 0))
        {
            var cells = rates.Select(rate => _study.Tuning(method).FirstOrDefault(run => run.LearningRate == rate) switch
            {
                null => "",
                { Diverged: true } => "diverged",
                var run when rate == _study.RateOf(method) => string.Create(
                    _culture, $"**{100 * run.ValidationTop1:F2}**{(_study.IsAtEnd(method) ? " (the end)" : "")}"),
                var run => string.Create(_culture, $"{100 * run.ValidationTop1:F2}"),
            });
            text.Append(_culture, $"| {method.Title} | {string.Join(" | ", cells)} |\n");
        }
    }

    private bool IsUntuned(Method method) => _study.RateOf(method) is null;

    private RunRecord? OfSeed(Method method, long seed) =>
        IsUntuned(method) ? null : _study.Compared(method).FirstOrDefault(run => run.Seed == seed);
}
