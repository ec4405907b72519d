using TfKd.FuzzProbe;

namespace TfKd.MLNet.Tests;

/// <summary>
/// Damaged and hostile files, two hundred a reader, read in a process of their own: none ends it, hangs, takes a gigabyte, or is taken for
/// another one. The benchmarks' command 'fuzz' reads as many as one likes.
/// </summary>
public sealed class FuzzTests
{
    private const int Files = 200;
    private const int Seed = 7;

    public static TheoryData<string> Readers => [.. FuzzReader.All.Where(reader => !reader.IsOfOthers).Select(reader => reader.Name)];

    [Theory]
    [MemberData(nameof(Readers))]
    public void Damaged_files_are_read_or_refused(string name)
    {
        var reader = FuzzReader.Named(name);

        var cases = FuzzRun.Of(name, Files, Seed).ToList();

        Assert.Equal(Enumerable.Range(0, Files), cases.Select(found => found.Number));
        Assert.DoesNotContain(cases, found => found.Outcome > FuzzOutcome.Altered);
        Assert.InRange(cases.Max(found => found.PeakMebibytes), 1, 1024);
        if (reader.WhyAlteredIsAccepted is null)
            Assert.DoesNotContain(cases, found => found.Outcome == FuzzOutcome.Altered);
        // Nothing would be shown by damage that no reader notices.
        Assert.Contains(cases, found => found.Outcome is FuzzOutcome.Refused or FuzzOutcome.Same);
    }
}
