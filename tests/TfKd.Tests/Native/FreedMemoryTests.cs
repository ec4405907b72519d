namespace TfKd.Tests;

public sealed class FreedMemoryTests
{
    private readonly ManualClock _clock = new();
    private long _resident = 1000;
    private int _releases;

    [Fact]
    public void Small_epochs_give_back_once_in_twenty_seconds()
    {
        var memory = Create();
        var released = new List<double>();
        for (var second = 1; second <= 60; second++)
        {
            _clock.Seconds = second;
            var before = _releases;
            memory.OnEpochEnd();
            if (_releases > before)
                released.Add(second);
        }

        Assert.Equal([20, 40, 60], released);
    }

    [Fact]
    public void Growth_gives_back_at_once()
    {
        var memory = Create();
        memory.OnEpochEnd();
        _resident = 1125;
        memory.OnEpochEnd();
        Assert.Equal(0, _releases);
        _resident = 1126;
        memory.OnEpochEnd();
        memory.OnEpochEnd();
        Assert.Equal(1, _releases);
    }

    private FreedMemory Create() => new(_clock, () => _resident, () => _releases++);

    private sealed class ManualClock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(1000 * Seconds);
    }
}
