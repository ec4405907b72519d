using System.Diagnostics;
using TfKd.SurvivalProbe;

namespace TfKd.Benchmarks;

/// <summary>
/// A training process is killed at random moments and started again: does it end with the weights of one that nobody killed?
/// </summary>
internal static class SurvivalComparison
{
    public static int Run(int kills)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-survival-").FullName;
        var stopwatch = Stopwatch.StartNew();
        try
        {
            var (ended, different) = new Survival(epochs: 12 + 3 * kills, seed: 1, Console.WriteLine).Kill(kills, folder);
            Console.WriteLine(FormattableString.Invariant($"{stopwatch.Elapsed.TotalSeconds:F0} s"));
            return ended > 0 && different == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
