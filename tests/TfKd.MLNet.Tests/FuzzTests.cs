using TfKd.FuzzProbe;

namespace TfKd.MLNet.Tests;

/// <summary>
/// Damaged and hostile files, two hundred a reader, read in processes of their own: none ends one, hangs, takes a gigabyte, or is taken for
/// another one. The benchmarks' command 'fuzz' reads as many as one likes.
/// </summary>
public sealed class FuzzTests(FuzzRuns runs) : IClassFixture<FuzzRuns>
{
    public static TheoryData<string> Readers => [.. FuzzRuns.Readers];

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task Damaged_files_are_read_or_refused(string name)
    {
        var reader = FuzzReader.Named(name);

        var cases = await runs.Of(name);

        Assert.Equal(Enumerable.Range(0, FuzzRuns.Files), cases.Select(found => found.Number));
        Assert.DoesNotContain(cases, found => found.Outcome > FuzzOutcome.Altered);
        Assert.InRange(cases.Max(found => found.PeakMebibytes), 1, 1024);
        if (reader.WhyAlteredIsAccepted is null)
            Assert.DoesNotContain(cases, found => found.Outcome == FuzzOutcome.Altered);
        // Nothing would be shown by damage that no reader notices.
        Assert.Contains(cases, found => found.Outcome is FuzzOutcome.Refused or FuzzOutcome.Same);
    }
}
