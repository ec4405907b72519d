namespace TfKd.Mpi;

/// <summary>
/// Ends the job when a call waits for the other processes longer than any of them should take: one that is stopped, or takes another path
/// through the program, says nothing, and MPI waits for ever.
/// </summary>
/// <param name="clock">Tells the time.</param>
/// <param name="deadline">How long a call may wait.</param>
/// <param name="end">Told how long the call has waited; ends the job.</param>
internal sealed class CollectiveWatch(TimeProvider clock, TimeSpan deadline, Action<TimeSpan> end) : IDisposable
{
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long? _begun;

    /// <summary>A call begins.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _begun = clock.GetTimestamp();
            var period = TimeSpan.FromTicks(Math.Max(deadline.Ticks / 8, TimeSpan.TicksPerMillisecond));
            _timer ??= clock.CreateTimer(_ => Look(), null, period, period);
        }
    }

    /// <summary>The call has returned.</summary>
    public void End()
    {
        lock (_gate)
            _begun = null;
    }

    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        TimeSpan waited;
        lock (_gate)
        {
            if (_begun is not { } begun || (waited = clock.GetElapsedTime(begun)) < deadline)
                return;
            _begun = null;
        }

        end(waited);
    }
}
