using TfKd.FuzzProbe;

namespace TfKd.MLNet.Tests;

/// <summary>
/// What becomes of the damaged files of every reader. From the first question on all are read, by two processes at a time: each has one
/// thread to do, mostly. Whoever asks waits for the one reader it asks for.
/// </summary>
public sealed class FuzzRuns : IAsyncDisposable
{
    /// <summary>Files a reader.</summary>
    public const int Files = 200;

    private const int Seed = 7;

    private readonly SemaphoreSlim _turns = new(2);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<IReadOnlyDictionary<string, Task<List<FuzzCase>>>> _all;

    public FuzzRuns() => _all = new(() => Readers.ToDictionary(reader => reader, Run));

    /// <summary>The readers' names.</summary>
    public static IEnumerable<string> Readers => FuzzReader.All.Where(reader => !reader.IsOfOthers).Select(reader => reader.Name);

    /// <summary>One a file, in order.</summary>
    internal Task<List<FuzzCase>> Of(string reader) => _all.Value[reader];

    public async ValueTask DisposeAsync()
    {
        // Where a test was cancelled, no process stays.
        await _stop.CancelAsync();
        if (_all.IsValueCreated)
            await Task.WhenAll(_all.Value.Values).ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
        _turns.Dispose();
    }

    private async Task<List<FuzzCase>> Run(string reader)
    {
        await _turns.WaitAsync(_stop.Token);
        try
        {
            return await Task.Run(() => FuzzRun.Of(reader, Files, Seed).TakeWhile(_ => !_stop.IsCancellationRequested).ToList());
        }
        finally
        {
            _turns.Release();
        }
    }
}
