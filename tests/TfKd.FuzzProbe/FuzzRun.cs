using System.Diagnostics;
using System.Globalization;

namespace TfKd.FuzzProbe;

/// <summary>Has damaged files read in child processes, a new one where one ends or does not answer.</summary>
internal static class FuzzRun
{
    /// <summary>How long a file may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Memory above which a child is stopped, in MiB.</summary>
    private const double MostMebibytes = 2048;

    // The first line comes after Torch is loaded and the whole file made.
    private static readonly TimeSpan _start = TimeSpan.FromSeconds(120);

    /// <param name="reader">The reader's name.</param>
    /// <param name="count">Number of files.</param>
    /// <param name="seed">Decides the damage.</param>
    public static IEnumerable<FuzzCase> Of(string reader, int count, int seed)
    {
        for (var next = 0; next < count;)
        {
            using var child = Start(reader, seed, next, count - next);
            using var lines = new LineReader(child);
            var peak = lines.Next(_start) is { } begun
                ? FuzzCase.Parse(begun).PeakMebibytes
                : throw new InvalidOperationException($"'{reader}' did not begin: {lines.Error()}");
            while (next < count)
            {
                var line = lines.Next(Patience);
                var found = line is not null
                    ? FuzzCase.Parse(line)
                    : new FuzzCase(
                        next, lines.HasEnded ? FuzzOutcome.Crashed : FuzzOutcome.Hung, Math.Max(peak, lines.Memory), lines.Error());
                peak = found.PeakMebibytes;
                next++;
                yield return found;
                // The peak of a process never falls: the next file is for a new one.
                if (line is null || peak > MostMebibytes)
                    break;
            }
        }
    }

    private static Process Start(string reader, int seed, int first, int count)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableDiagnostics"] = "0", ["DOTNET_DbgEnableMiniDump"] = "0" },
        };
        foreach (var argument in new object[] { typeof(FuzzRun).Assembly.Location, reader, seed, first, count })
            start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        return Process.Start(start)!;
    }

    /// <summary>Lines of a process, with an end to waiting for them. Ends the process with itself.</summary>
    private sealed class LineReader : IDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _error;

        public LineReader(Process process) => (_process, _error) = (process, process.StandardError.ReadToEndAsync());

        public bool HasEnded { get; private set; }

        /// <summary>Memory of the process when it was waited for in vain, in MiB.</summary>
        public double Memory { get; private set; }

        /// <returns>Null where the process has ended, or takes too long or too much.</returns>
        public string? Next(TimeSpan patience)
        {
            var line = _process.StandardOutput.ReadLineAsync();
            var waited = Stopwatch.StartNew();
            while (!line.Wait(TimeSpan.FromMilliseconds(200)))
            {
                _process.Refresh();
                Memory = Math.Max(Memory, _process.HasExited ? 0 : _process.WorkingSet64 / 1048576.0);
                if (waited.Elapsed > patience || Memory > MostMebibytes)
                    return null;
            }

            HasEnded = line.Result is null;
            return line.Result;
        }

        public string Error()
        {
            Stop();
            var text = _error.Result.Trim();
            return $"exit code {_process.ExitCode}: {text[Math.Max(text.Length - 300, 0)..]}";
        }

        public void Dispose() => Stop();

        private void Stop()
        {
            if (!_process.HasExited && !HasEnded)
                _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
    }
}
