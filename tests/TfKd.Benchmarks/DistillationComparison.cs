using System.Diagnostics;

namespace TfKd.Benchmarks;

/// <summary>
/// <see cref="DistillationBenchmarks"/> in turn instead of one after the other, and as ratios within each round: on a machine that others
/// use, its speed drifts more between two benchmarks than the cache costs.
/// </summary>
internal static class DistillationComparison
{
    public static void Run(int rounds)
    {
        var benchmarks = new DistillationBenchmarks();
        benchmarks.Setup();
        var (online, cached, fastest) = (new List<(double Wall, double Processor)>(), new List<(double Wall, double Processor)>(), new[] { double.MaxValue, double.MaxValue, double.MaxValue });
        for (var round = 1; round <= rounds; round++)
        {
            var (before, first, second, after) = (Time(benchmarks.CrossEntropy), Time(benchmarks.CachedTeacher), Time(
                benchmarks.OnlineTeacher), Time(benchmarks.CrossEntropy));
            var baseline = (Wall: (before.Wall + after.Wall) / 2, Processor: (before.Processor + after.Processor) / 2);
            cached.Add((first.Wall / baseline.Wall, first.Processor / baseline.Processor));
            online.Add((second.Wall / baseline.Wall, second.Processor / baseline.Processor));
            fastest = [
                Math.Min(fastest[0], Math.Min(before.Processor, after.Processor)),
                Math.Min(fastest[1], first.Processor),
                Math.Min(fastest[2], second.Processor),
            ];
            Console.WriteLine(FormattableString.Invariant(
                $"round {round}: cross entropy {before.Wall:F2} s and {after.Wall:F2} s, cached {first.Wall:F2} s, online {second.Wall:F2} s"));
        }

        Report("cached teacher / cross entropy", cached);
        Report("online teacher / cross entropy", online);
        Console.WriteLine(FormattableString.Invariant(
            $"fewest processor seconds an epoch: cross entropy {fastest[0]:F3}, cached {fastest[1]:F3}, online {fastest[2]:F3}"));
        benchmarks.Cleanup();
    }

    private static (double Wall, double Processor) Time(Func<double> epoch)
    {
        using var process = Process.GetCurrentProcess();
        var (stopwatch, processor) = (Stopwatch.StartNew(), process.TotalProcessorTime);
        epoch();
        process.Refresh();
        return (stopwatch.Elapsed.TotalSeconds, (process.TotalProcessorTime - processor).TotalSeconds);
    }

    private static void Report(string name, List<(double Wall, double Processor)> ratios) => Console.WriteLine(
        FormattableString.Invariant(
            $"{name}: median {Median.Of(ratios.Select(ratio => ratio.Wall)):F3} in wall time, {Median.Of(ratios.Select(ratio => ratio.Processor)):F3} in processor time"));
}
