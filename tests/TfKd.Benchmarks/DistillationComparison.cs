using System.Diagnostics;

namespace TfKd.Benchmarks;

/// <summary>
/// <see cref="DistillationBenchmarks"/> in turn instead of one after the other, and as ratios within each round, as a Markdown table: on a
/// machine that others use, its speed drifts more between two benchmarks than the cache costs.
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
            Console.Error.WriteLine(FormattableString.Invariant(
                $"round {round}: cross entropy {before.Wall:F2} s and {after.Wall:F2} s, cached {first.Wall:F2} s, online {second.Wall:F2} s"));
        }

        Console.WriteLine("# Distillation: what a teacher costs");
        Console.WriteLine();
        Console.WriteLine($"{Conditions.Describe()} Medians of {rounds} rounds.");
        Console.WriteLine();
        Console.WriteLine("| | wall time / cross entropy | processor time / cross entropy | fewest processor seconds an epoch |");
        Console.WriteLine("|---|---|---|---|");
        Report("cross entropy", [(1, 1)], fastest[0]);
        Report("teacher whose answers are kept", cached, fastest[1]);
        Report("teacher that is asked", online, fastest[2]);
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

    private static void Report(string name, List<(double Wall, double Processor)> ratios, double fewest)
    {
        var (wall, processor) = (Median.Of(ratios.Select(ratio => ratio.Wall)), Median.Of(ratios.Select(ratio => ratio.Processor)));
        Console.WriteLine(FormattableString.Invariant($"| {name} | {wall:F3} | {processor:F3} | {fewest:F3} |"));
    }
}
