namespace TeacherFreeCifar;

/// <summary>
/// Which run comes next in a comparison where each method has a learning rate of its own. With one seed each rate of a grid is tried, which
/// is made longer where its end is best; the rows held out choose. Then come runs at that rate with other seeds, which alone are compared.
/// </summary>
/// <param name="methods">What is compared, what it is compared with first.</param>
/// <param name="runs">The finished runs of one preset.</param>
/// <param name="shorter">
/// The finished runs of one that takes half the time. Where it is given, the rate of a method is what was best there, at most
/// <see cref="HighestOfLonger"/>, and what has none there is not run. Three seeds are compared; then half the rate is tried beside it, for
/// more steps may ask for shorter ones.
/// </param>
internal sealed class Study(IReadOnlyList<Method> methods, IReadOnlyList<RunRecord> runs, IReadOnlyList<RunRecord>? shorter = null)
{
    /// <summary>What is compared, what it is compared with first.</summary>
    public IReadOnlyList<Method> Methods => methods;

    /// <summary>The finished runs of one preset.</summary>
    public IReadOnlyList<RunRecord> Runs => runs;

    /// <summary>The study of a preset on so many training rows.</summary>
    /// <param name="preset">The preset.</param>
    /// <param name="rows">Training rows.</param>
    /// <param name="finished">All finished runs; those of others are left aside.</param>
    public static Study Of(Preset preset, int rows, IReadOnlyList<RunRecord> finished) => new(
        preset.Studied,
        Tables.Of(preset, rows, finished),
        preset.Shorter is { } shorter
            ? Tables.Of(Preset.All[shorter] with { Epochs = preset.Epochs / 2, Precision = preset.Precision }, rows, finished)
            : null);

    /// <summary>The seed of the runs that choose the rate.</summary>
    public const long TuningSeed = 1;

    // A grid that has been made this much longer is left as it is.
    private const double LowestRate = 0.005, HighestRate = 1;

    /// <summary>
    /// The rates that each method is tried with, others where an end is best. For batches of 128 they would be four times as high.
    /// </summary>
    public static IReadOnlyList<double> Rates { get; } = [0.05, 0.1, 0.2];

    /// <summary>The seeds of the runs that are compared.</summary>
    public static IReadOnlyList<long> Seeds { get; } = [2, 3, 4, 5, 6];

    /// <summary>
    /// What the rates of a longer run are cut to: the best one that cross entropy has in 60 epochs, of 0.05, 0.1 and 0.2, where it has 0.2
    /// in 30.
    /// </summary>
    public const double HighestOfLonger = 0.1;

    /// <summary>Those of this study: fewer where a run takes more time.</summary>
    public IReadOnlyList<long> ComparedSeeds => shorter is null ? Seeds : [.. Seeds.Take(3)];

    /// <summary>How the rates are chosen, as the end of a sentence.</summary>
    public string Choice => shorter is null
        ? $"that is best on the rows held out with seed {TuningSeed}"
        : FormattableString.Invariant($"that is best for half the epochs, but at most {HighestOfLonger}");

    /// <summary>Which rates are tried, as the end of a sentence.</summary>
    public string Grid => shorter is null
        ? "a grid is made longer where its end is best"
        : "half of the rate is tried beside it, and chooses nothing";

    /// <summary>The run that is to be done next; null where all are.</summary>
    public (Method Method, long Seed, double Rate)? Next() => Missing().Select(run => ((Method, long, double)?)run).FirstOrDefault();

    /// <summary>
    /// What is to be done, as far as it can be told yet, in that order. Who is taught by the baseline's network is told once the baseline's
    /// rate is.
    /// </summary>
    public IEnumerable<(Method Method, long Seed, double Rate)> Missing()
    {
        foreach (var method in methods.Where(method => method.Teacher != TeacherKind.Self || RateOf(methods[0]) is not null))
        {
            foreach (var rate in MissingRates(method))
                yield return (method, TuningSeed, rate);
        }

        foreach (var seed in ComparedSeeds)
        {
            foreach (var method in methods)
            {
                if (RateOf(method) is { } rate && !Of(method).Any(run => run.Seed == seed && run.LearningRate == rate))
                    yield return (method, seed, rate);
            }
        }

        foreach (var method in methods.Where(method => shorter is not null && RateOf(method) is not null))
        {
            var rate = RateOf(method)!.Value;
            foreach (var untried in new[] { rate, rate / 2 }.Except(Tuning(method).Select(run => run.LearningRate)))
                yield return (method, TuningSeed, untried);
        }
    }

    /// <summary>The rate that was chosen for a method; null where some are still to be tried, or all diverged.</summary>
    public double? RateOf(Method method) =>
        shorter is not null ? LongerRateOf(method)
        : MissingRates(method).Any() || Best(method) is not { Diverged: false } best ? null
        : best.LearningRate;

    /// <summary>Whether that rate is the end of a grid that is not made longer: one beyond it may be better.</summary>
    public bool IsAtEnd(Method method) => shorter is null && RateOf(method) is { } rate
        && (rate == Tuning(method)[^1].LearningRate || rate == Tuning(method)[0].LearningRate);

    /// <summary>The runs that chose it, or that tried it beside another, by rate.</summary>
    public IReadOnlyList<RunRecord> Tuning(Method method) =>
        [.. Of(method).Where(run => run.Seed == TuningSeed).OrderBy(run => run.LearningRate)];

    /// <summary>
    /// What a method has more than the first at the same rate, of the top-1 on the rows held out, by rate; where one of the two diverged
    /// there is nothing.
    /// </summary>
    public IEnumerable<(double Rate, double Gain)> GainsByRate(Method method) =>
        from run in Tuning(method)
        join first in Tuning(methods[0]) on run.LearningRate equals first.LearningRate
        where !run.Diverged && !first.Diverged
        select (run.LearningRate, run.ValidationTop1 - first.ValidationTop1);

    /// <summary>The runs of a method that are compared, by seed.</summary>
    public IReadOnlyList<RunRecord> Compared(Method method)
    {
        var rate = RateOf(method);
        return [.. Of(method).Where(run => run.Seed != TuningSeed && run.LearningRate == rate).OrderBy(run => run.Seed)];
    }

    /// <summary>
    /// The best of the runs that choose the rate, so far; the lower rate of two that are equally good. Null where there is none.
    /// </summary>
    public RunRecord? Best(Method method) => Tuning(method).MaxBy(run => run.ValidationTop1);

    private double? LongerRateOf(Method method) =>
        new Study(methods, shorter!).RateOf(method) is { } rate ? Math.Min(rate, HighestOfLonger) : null;

    private IEnumerable<double> MissingRates(Method method)
    {
        if (shorter is not null)
            return [];
        var tried = Tuning(method).Select(run => run.LearningRate).ToList();
        if (Rates.Any(rate => !tried.Contains(rate)))
            return Rates.Except(tried);
        var best = Best(method)!.LearningRate;
        return best == tried[^1] && 2 * best <= HighestRate ? [2 * best]
            : best == tried[0] && best / 2 >= LowestRate ? [best / 2]
            : [];
    }

    private IEnumerable<RunRecord> Of(Method method) => runs.Where(run => run.Method == method.Name);
}
