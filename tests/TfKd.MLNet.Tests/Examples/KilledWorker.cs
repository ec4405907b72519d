using System.Diagnostics;
using System.Globalization;
using OnnxServing;

namespace TfKd.MLNet.Tests;

/// <summary>Starts the worker, kills it at a random moment after it began to write, and starts it again until it ends.</summary>
internal sealed class KilledWorker(string program, int seed, Action<string> say)
{
    private readonly Random _random = new(seed);

    /// <summary>Kills it so many times, or as often as it is not finished before, and then lets it end.</summary>
    /// <param name="times">How often.</param>
    /// <param name="settings">What it scores.</param>
    /// <param name="release">Comes before it may end; null: nothing does.</param>
    /// <param name="token">Ends the waiting.</param>
    /// <returns>How often it was killed.</returns>
    public async Task<int> Kill(int times, ShardSettings settings, Action? release, CancellationToken token)
    {
        var killed = 0;
        while (killed < times)
        {
            using var process = Process.Start(Start(program, settings))!;
            if (!await HasBegun(process, settings.Output, token))
                break;
            var delay = _random.Next(300);
            await Task.Delay(delay, token);
            process.Kill();
            await process.WaitForExitAsync(token);
            // One that was at its end already was not killed.
            if (process.ExitCode == 0)
                break;
            say($"killed {++killed} of {times}, {delay} ms after it began to write");
        }

        release?.Invoke();
        using var last = Process.Start(Start(program, settings))!;
        var error = last.StandardError.ReadToEndAsync(token);
        await last.WaitForExitAsync(token);
        return last.ExitCode == 0 ? killed : throw new InvalidOperationException($"The worker failed: {await error}");
    }

    private static async Task<bool> HasBegun(Process process, string output, CancellationToken token)
    {
        var part = new FileInfo(PendingFile.PartOf(output));
        var before = part.Exists ? part.LastWriteTimeUtc : default;
        while (!process.HasExited)
        {
            part.Refresh();
            if (part.Exists && part.LastWriteTimeUtc != before)
                return true;
            await Task.Delay(5, token);
        }

        return false;
    }

    /// <summary>The worker as a process of its own.</summary>
    public static ProcessStartInfo Start(string program, ShardSettings settings) => new(
        Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        [
            program, "--model", settings.Model, "--input", settings.Input, "--output", settings.Output,
            "--shard", settings.Shard.ToString(), .. settings.Scores ? ["--scores"] : Array.Empty<string>(),
            "--batch", settings.Batch.ToString(CultureInfo.InvariantCulture),
        ])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    };
}
