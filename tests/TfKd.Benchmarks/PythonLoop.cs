using System.Diagnostics;
using System.Globalization;

namespace TfKd.Benchmarks;

/// <summary>The bare loop in Python's PyTorch, in one of the settings that its speed depends on.</summary>
/// <param name="Layout">As PyTorch calls it.</param>
/// <param name="Precision">In which numbers.</param>
/// <param name="KeepsMemory">
/// Whether the allocator keeps what is freed, as this library has it; by default it goes back to the system and is asked for anew.
/// </param>
internal sealed record PythonLoop(string Layout, Precision Precision, bool KeepsMemory)
{
    private const string Script = "pytorch_loop.py";

    /// <summary>All settings of a precision.</summary>
    public static IEnumerable<PythonLoop> Of(Precision precision) =>
        from layout in new[] { "contiguous", "channels_last" }
        from keepsMemory in new[] { false, true }
        select new PythonLoop(layout, precision, keepsMemory);

    public override string ToString() => $"Python, {Precision}, {Layout}, freed memory {(KeepsMemory ? "kept" : "given back")}";

    /// <summary>Seconds of so many steps, after some that are not counted, and the version of PyTorch.</summary>
    public (double Seconds, string Version) Run(string python, int threads, int steps, int batchSize)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true };
        foreach (var argument in new object[]
                 {
                     Path.Combine(AppContext.BaseDirectory, Script), Layout, $"{Precision}".ToLowerInvariant(), threads, steps, batchSize,
                 })
            start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        if (KeepsMemory)
        {
            start.Environment["MALLOC_MMAP_MAX_"] = "0";
            start.Environment["MALLOC_TRIM_THRESHOLD_"] = "2147483647";
        }

        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.TrimEntries);
        process.WaitForExit();
        return process.ExitCode == 0
            ? (double.Parse(said[0], CultureInfo.InvariantCulture), said[1])
            : throw new InvalidOperationException($"{Script} ended with exit code {process.ExitCode}.");
    }
}
