using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// Passes on that ML.NET's host was cancelled, which can only be asked for: after each batch, and by a clock while there are none (rows are
/// read, a teacher is trained, the network is validated).
/// </summary>
internal sealed class HostCancellation : IDisposable
{
    private static readonly TimeSpan _period = TimeSpan.FromMilliseconds(200);

    private readonly ICancelable? _host;
    private readonly CancellationTokenSource _cancellation;
    private readonly ITimer _timer;

    /// <param name="host">Who may be cancelled.</param>
    /// <param name="cancellation">What is cancelled then; to be disposed after this.</param>
    public HostCancellation(IHost host, CancellationTokenSource cancellation)
    {
        _host = host as ICancelable;
        _cancellation = cancellation;
        _timer = TimeProvider.System.CreateTimer(_ => Check(), null, _period, _period);
    }

    public void Check()
    {
        if (_host is { IsCanceled: true })
            _cancellation.Cancel();
    }

    // Waits for a check that is under way, which would find the source disposed.
    public void Dispose() => _timer.DisposeAsync().AsTask().Wait();
}
