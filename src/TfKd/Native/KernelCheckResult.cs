using System.Globalization;

namespace TfKd;

/// <summary>The path that was chosen for a network, and why.</summary>
/// <param name="Path">The fastest path on which every convolution is right.</param>
/// <param name="Verdicts">What was found of each convolution on each path that was looked at: faster ones first.</param>
/// <param name="Elapsed">What the check cost.</param>
/// <param name="Remembered">How many of the verdicts are from an earlier run.</param>
public sealed record KernelCheckResult(ComputePath Path, IReadOnlyList<KernelVerdict> Verdicts, TimeSpan Elapsed, int Remembered)
{
    /// <summary>
    /// The batch sizes for which <see cref="Path"/> is not right, and the path of the same layout that each is computed by. None where one
    /// path does for all; otherwise these are smaller than the largest batch, as the last one of an epoch is.
    /// </summary>
    public IReadOnlyDictionary<int, ComputePath> SmallerBatches { get; init; } = new Dictionary<int, ComputePath>();

    /// <summary>What to log of it: the path, the number of convolutions, the time.</summary>
    public string Summary => string.Create(CultureInfo.InvariantCulture,
        $"Convolutions run {Path}{ForSmaller}: {Verdicts.Count(IsOfChosenPath)} were compared with float64 in "
            + $"{Elapsed.TotalSeconds:0.00} s ({Remembered} of {Verdicts.Count} verdicts remembered).");

    /// <summary>
    /// What the user should know: which faster path is wrong on this processor, and how slow the remaining one is. Null where the first
    /// choice is right for every batch.
    /// </summary>
    public string? Warning
    {
        get
        {
            var refused = Verdicts.Where(verdict => !verdict.IsRight).GroupBy(verdict => verdict.Path).Select(Describe).ToArray();
            if (refused.Length == 0)
                return null;
            var chosenIsWrong = SmallerBatches.Count == 0 && Verdicts.Any(verdict => verdict.Path == Path && !verdict.IsRight);
            var consequence = chosenIsWrong ? $"No path is right: {Path} is used all the same, and its results cannot be relied on."
                : Path.OneDnn ? $"{Path}{ForSmaller} is used instead."
                : $"{Path} is used instead, which is {Slowness()}.";
            var fault = Verdicts.Any(verdict => verdict is { IsRight: false, Error: not null })
                ? "On this processor libtorch computes wrong convolutions."
                : "On this processor some convolutions are ruled out, and were not tried.";
            return $"{fault} {string.Join(" ", refused)} {consequence}";
        }
    }

    private string ForSmaller => string.Concat(SmallerBatches.OrderBy(smaller => smaller.Key).GroupBy(smaller => smaller.Value)
        .Select(same => $", and for batches of {string.Join(" and ", same.Select(smaller => smaller.Key))} {same.Key},"));

    /// <summary>The path for batches of a size.</summary>
    /// <param name="batchSize">A size that was checked.</param>
    public ComputePath PathOf(int batchSize) => SmallerBatches.GetValueOrDefault(batchSize, Path);

    private bool IsOfChosenPath(KernelVerdict verdict) => verdict.Path == Path || SmallerBatches.Values.Contains(verdict.Path);

    private static string Describe(IGrouping<ComputePath, KernelVerdict> refused)
    {
        var (wrong, untried) = (refused.Where(verdict => verdict.Error is not null).ToList(),
            refused.Where(verdict => verdict.Error is null).ToList());
        var parts = new List<string>();
        if (wrong.Count > 0)
            parts.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{wrong.Count}, the first being {wrong[0].Convolution} (off by {wrong[0].Error:0.###} of the largest value)"));
        if (untried.Count > 0)
            parts.Add($"{untried.Count} ruled out, not tried, the first being {untried[0].Convolution} (known to end the process)");
        return $"{refused.Key}: {string.Join("; ", parts)}.";
    }

    private string Slowness()
    {
        var slow = Verdicts.Where(verdict => verdict.Path == Path).ToDictionary(
            verdict => verdict.Convolution, verdict => verdict.Milliseconds ?? 0);
        var fast = Verdicts.Where(verdict => verdict.Path.OneDnn && verdict.Milliseconds > 0 && slow.ContainsKey(verdict.Convolution))
            .GroupBy(verdict => verdict.Convolution).ToDictionary(
                same => same.Key, same => same.Min(verdict => verdict.Milliseconds!.Value));
        return fast.Count == 0
            ? "several times slower"
            : string.Create(CultureInfo.InvariantCulture,
                $"about {fast.Keys.Sum(convolution => slow[convolution]) / fast.Values.Sum():0.0} times slower");
    }
}
