using TfKd.SurvivalProbe;

namespace TfKd.Tests;

/// <summary>The short form of <c>tests/TfKd.Benchmarks -- survive 50</c>.</summary>
public sealed class SurvivalTests(ITestOutputHelper output)
{
    [Fact]
    public void A_process_that_is_killed_and_started_again_ends_as_one_that_was_not()
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-survival-").FullName;
        try
        {
            var (ended, different) = new Survival(epochs: 8, seed: 2, output.WriteLine).Kill(3, folder);
            Assert.InRange(ended, 1, int.MaxValue);
            Assert.Equal(0, different);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
