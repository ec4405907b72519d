using TeacherFreeCifar;

namespace TfKd.Tests;

/// <summary>Finished runs that nobody ran.</summary>
internal static class RunRecords
{
    /// <summary>One of the preset of three epochs.</summary>
    /// <param name="method">The method.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="top1">On the test rows, and on those held out.</param>
    public static RunRecord Of(string method, long seed, double top1) => new()
    {
        Preset = "cpu",
        Method = method,
        Seed = seed,
        Epochs = 5,
        Rows = 45000,
        BestEpoch = 5,
        ValidationTop1 = top1,
        Top1 = top1,
        Ece = 0.1,
        Nll = 2,
        Seconds = 100,
        ValidationCurve = [top1],
    };
}
