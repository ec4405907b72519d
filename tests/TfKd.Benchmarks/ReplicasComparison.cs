using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// Images a second of one process by one and by two threads, and of two processes by one thread each that <c>mpirun</c> starts, as a
/// Markdown table. The programs are <c>tests/TfKd.MpiProbe</c>, and take turns in each round.
/// </summary>
internal static partial class ReplicasComparison
{
    private static readonly Way[] _ways =
        [new("one process, 1 thread", 1, 1), new("one process, 2 threads", 1, 2), new("two processes, 1 thread each", 2, 1)];

    /// <param name="rounds">How often each is started.</param>
    /// <param name="networks">The networks; none: all.</param>
    public static void Run(int rounds, IReadOnlyList<string> networks)
    {
        Console.WriteLine("# Training in several processes");
        Console.WriteLine();
        Console.WriteLine(
            $"{Conditions.Describe()} Batches of 128, random crops and flips, float32, SGD, no validation; the allocator and the waiting "
                + $"of threads as the library sets them on both sides. Medians of {rounds} rounds, ratios within rounds.");
        foreach (var network in networks.Count > 0 ? networks : ["ResNet-20", "ResNet-18"])
            Compare(network, rounds);
    }

    private static void Compare(string network, int rounds)
    {
        var found = _ways.ToDictionary(way => way, _ => new List<(double Rate, double Calls)>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var way in round % 2 == 0 ? _ways : _ways.Reverse())
                found[way].Add(way.Measure(network));
        }

        Console.WriteLine();
        Console.WriteLine($"{network} at 32x32");
        Console.WriteLine();
        Console.WriteLine("| | images/s | / 2 threads | time in sums and waiting for the other |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var way in _ways)
        {
            var ratio = Median.Of(found[way].Zip(found[_ways[1]], (own, threads) => own.Rate / threads.Rate));
            var (rate, calls) = (Median.Of(found[way].Select(run => run.Rate)), Median.Of(found[way].Select(run => run.Calls)));
            var share = way.Processes == 1 ? "" : Invariant($"{calls:P1}");
            Console.WriteLine(Invariant($"| {way.Name} | {rate:F0} | {ratio:F2} | {share} |"));
        }
    }

    private sealed partial record Way(string Name, int Processes, int Threads)
    {
        public (double Rate, double Calls) Measure(string network)
        {
            var probe = typeof(MpiProbe.Training).Assembly.Location;
            string[] command = Processes == 1
                ? ["dotnet", probe, "alone", network]
                : ["mpirun", "--bind-to", "none", "-n", $"{Processes}", "dotnet", probe, "rate", network];
            var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };
            start.Environment["OMP_NUM_THREADS"] = $"{Threads}";
            start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var line = Line().Match(output);
            return line.Success && line.Groups[3].Value == $"{Threads}"
                ? (Number(line.Groups[1]), Number(line.Groups[2]))
                : throw new InvalidOperationException($"'{string.Join(' ', command)}' gave no rate of {Threads} threads: {output}");
        }

        private static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);

        [GeneratedRegex(@"rate (\S+) calls (\S+) threads (\d+)")]
        private static partial Regex Line();
    }
}
