using System.Diagnostics;

namespace TfKd.SurvivalProbe;

/// <summary>
/// Kills a run at random moments, starts it again each time, and compares what it ends with to what an unbroken run ends with.
/// </summary>
/// <param name="epochs">Epochs of the run.</param>
/// <param name="seed">Of the moments.</param>
/// <param name="say">Where to tell what happens.</param>
internal sealed class Survival(int epochs, int seed, Action<string> say)
{
    private readonly Random _random = new(seed);

    /// <summary>Kills so many times; a run that ends before is compared, and another begun.</summary>
    /// <returns>Number of runs that ended, and of those that ended otherwise than the unbroken one.</returns>
    public (int Ended, int Different) Kill(int times, string folder)
    {
        var expected = Last(Process(null));
        say($"unbroken: {expected}");
        var (killed, ended, different, within) = (0, 0, 0, 0);
        while (killed < times || ended == 0)
        {
            var run = Path.Combine(folder, $"run{ended + 1}");
            while (true)
            {
                using var process = Process(run);
                if (killed < times && KillAtRandom(process) is { } when)
                {
                    killed++;
                    var left = Directory.Exists(run) ? Directory.GetFiles(run, "*.tmp").Length : 0;
                    within += left > 0 ? 1 : 0;
                    say($"killed {killed} of {times}, {when}{(left > 0 ? ", while it wrote a checkpoint" : "")}");
                    continue;
                }

                var found = Last(process);
                ended++;
                different += found == expected ? 0 : 1;
                say($"run {ended} ended after {killed} kills: {found}, {(found == expected ? "the same" : "ANOTHER")}");
                // An empty file may be one that another writer is about to lock: it goes when it is a minute old.
                var leftovers = new DirectoryInfo(run).EnumerateFiles("*.tmp").Count(file => file.Length > 0);
                if (leftovers > 0)
                    throw new InvalidOperationException($"{leftovers} files are left beside the checkpoint in '{run}'.");
                break;
            }
        }

        say($"{killed} kills, {within} of them while a checkpoint was written; {ended} runs, {different} of them different");
        return (ended, different);
    }

    // One in five while it starts, the others while it trains. Null: it ended first.
    private string? KillAtRandom(Process process)
    {
        var early = _random.Next(5) == 0;
        var delay = early ? _random.Next(1500) : _random.Next(800);
        if (!early && process.StandardOutput.ReadLine() is not Probe.Begun)
            throw new InvalidOperationException(
                $"Expected the line '{Probe.Begun}', but the process ended: {process.StandardError.ReadToEnd()}");
        if (process.WaitForExit(delay))
            return null;
        process.Kill();
        process.WaitForExit();
        return $"{delay} ms after its {(early ? "start" : "resumption")}";
    }

    private static Process Process(string? folder, int epochs) => System.Diagnostics.Process.Start(new ProcessStartInfo(
        Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        [
            typeof(Survival).Assembly.Location,
            epochs.ToString(System.Globalization.CultureInfo.InvariantCulture),
            .. folder is null ? Array.Empty<string>() : [folder],
        ])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private Process Process(string? folder) => Process(folder, epochs);

    // Standard error stays small: the run writes nothing to it but the exception that ends it.
    private static string Last(Process process)
    {
        var lines = process.StandardOutput.ReadToEnd().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? lines[^1] : throw new InvalidOperationException($"The run failed: {error}");
    }
}
