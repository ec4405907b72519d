namespace TfKd;

/// <summary>
/// Decides when a run gives back what the allocator keeps: after some time, or when the process has grown. At each end of an epoch it
/// would cost small epochs a tenth of their time.
/// </summary>
/// <param name="clock">Tells the time.</param>
/// <param name="resident">Bytes of the process in memory.</param>
/// <param name="release">Gives back.</param>
internal sealed class FreedMemory(TimeProvider clock, Func<long> resident, Action release)
{
    /// <summary>Of the process's memory. In between the heap may spread by so much.</summary>
    private const double Growth = 1.125;

    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(20);

    private long _releasedAt = clock.GetTimestamp();
    private long? _size;

    /// <summary>That of this process.</summary>
    public static FreedMemory OfProcess() =>
        new(TimeProvider.System, () => Environment.WorkingSet, ProcessSettings.ReleaseFreedMemory);

    /// <summary>To be called at the end of an epoch: the first one shows what the run needs.</summary>
    public void OnEpochEnd()
    {
        var size = resident();
        _size ??= size;
        if (size <= Growth * _size && clock.GetElapsedTime(_releasedAt) < _interval)
            return;
        release();
        (_size, _releasedAt) = (size, clock.GetTimestamp());
    }
}
