using TfKd.FuzzProbe;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>Whether damaged and hostile files end the process, take too long or too much, or are taken for whole ones.</summary>
internal static class FuzzComparison
{
    private const int Seed = 20261128;
    private const double MostMebibytes = 1024;

    /// <param name="name">The reader; 'all' for each of them.</param>
    /// <param name="count">Files a reader.</param>
    /// <returns>0 where none did.</returns>
    public static int Run(string name, int count)
    {
        var readers = name == "all" ? FuzzReader.All : [FuzzReader.Named(name)];
        Console.WriteLine("| reader | files | same | refused | altered | unclear | crashed | hung | peak, MiB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var notes = new List<string>();
        var failed = false;
        foreach (var reader in readers)
        {
            var cases = FuzzRun.Of(reader.Name, count, Seed).ToList();
            int Count(FuzzOutcome outcome) => cases.Count(found => found.Outcome == outcome);
            var peak = cases.Max(found => found.PeakMebibytes);
            var counts = Enum.GetValues<FuzzOutcome>().Select(Count);
            Console.WriteLine(Invariant($"| {reader.Name}{(reader.IsOfOthers ? " (ML.NET's)" : "")} | {cases.Count} | {string.Join(" | ", counts)} | {peak:F0} |"));
            notes.AddRange(Notes(reader, cases));
            failed |= !reader.IsOfOthers && (Count(FuzzOutcome.Crashed) + Count(FuzzOutcome.Hung) > 0 || peak > MostMebibytes
                || (Count(FuzzOutcome.Altered) > 0 && reader.WhyAlteredIsAccepted is null));
        }

        Console.WriteLine();
        foreach (var note in notes)
            Console.WriteLine($"- {note}");
        return failed ? 1 : 0;
    }

    private static IEnumerable<string> Notes(FuzzReader reader, IReadOnlyList<FuzzCase> cases)
    {
        if (cases.Any(found => found.Outcome == FuzzOutcome.Altered))
            yield return $"{reader.Name}: altered content is accepted: {reader.WhyAlteredIsAccepted ?? "no reason is known"}, as in file "
                + $"{cases.First(found => found.Outcome == FuzzOutcome.Altered).Number}.";
        foreach (var same in cases
            .Where(found => found.Outcome > FuzzOutcome.Altered)
            .GroupBy(found => (found.Outcome, Kind(found.Detail))))
            yield return $"{reader.Name}: {same.Key.Outcome}, {same.Count()} files, as {same.First().Number}: {Cut(same.First().Detail)}";
        var previous = cases[0].PeakMebibytes;
        foreach (var found in cases)
        {
            if (found.PeakMebibytes > Math.Max(MostMebibytes, previous))
                yield return Invariant($"{reader.Name}: {found.PeakMebibytes:F0} MiB after file {found.Number}: {Cut(found.Detail)}");
            previous = found.PeakMebibytes;
        }
    }

    // The exception's name, where there is one.
    private static string Kind(string detail) =>
        string.Join(' ', detail.Split(' ').Where(word => word.EndsWith("Exception:", StringComparison.Ordinal)).Take(1));

    private static string Cut(string text) => text.Length > 300 ? text[..300] + " ..." : text;
}
