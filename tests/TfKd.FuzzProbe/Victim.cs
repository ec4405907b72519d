using System.Reflection;
using TorchSharp;

namespace TfKd.FuzzProbe;

/// <summary>Reads damaged files, one after another, and says of each what became of it before it goes on.</summary>
internal static class Victim
{
    public static void Read(FuzzReader reader, int seed, int first, int count, string folder)
    {
        TorchRuntime.EnsureLoaded();
        torch.random.manual_seed(1);
        var whole = reader.Make(folder);
        var path = Path.Combine(folder, "file");
        File.WriteAllBytes(path, whole);
        var expected = reader.Read(path);
        Console.WriteLine(new FuzzCase(-1, FuzzOutcome.Same, Peak(), $"{whole.Length} bytes").ToLine());
        for (var number = first; number < first + count; number++)
        {
            // Each file can be made again without those before it.
            var bytes = reader.Damage(new Random(HashCode(seed, number)), whole, out var what);
            if (bytes.AsSpan().SequenceEqual(whole))
                what = "nothing";
            File.WriteAllBytes(path, bytes);
            // The last words, if it is the last file.
            Console.Error.WriteLine($"{number}: {what}");
            var (outcome, detail) = Read(reader, path, expected);
            Console.WriteLine(new FuzzCase(number, outcome, Peak(), $"{what}: {detail}").ToLine());
        }
    }

    // That of the framework differs from process to process.
    private static int HashCode(int seed, int number) => unchecked((seed * 486187739) ^ (number * 16777619));

    private static (FuzzOutcome Outcome, string Detail) Read(FuzzReader reader, string path, string expected)
    {
        try
        {
            return reader.Read(path) == expected ? (FuzzOutcome.Same, "") : (FuzzOutcome.Altered, "");
        }
        catch (Exception thrown)
        {
            var exception = Inner(thrown);
            return (reader.IsDocumented(exception)
                ? FuzzOutcome.Refused
                : FuzzOutcome.Unclear, $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    /// <summary>What a loader threw, which ML.NET wraps.</summary>
    public static Exception Inner(Exception exception) =>
        exception is TargetInvocationException { InnerException: { } inner } ? Inner(inner) : exception;

    /// <summary>The highest resident memory of this process, in MiB; where the system does not say, what it has now.</summary>
    private static double Peak()
    {
        const string Line = "VmHWM:";
        var found = OperatingSystem.IsLinux()
            ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal))
            : null;
        return found is null
            ? Environment.WorkingSet / 1048576.0
            : long.Parse(found[Line.Length..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) / 1024.0;
    }
}
