namespace TfKd.Tests;

public sealed class TimeEstimateTests
{
    [Theory]
    // The first step is not measured: 4 steps of 3 s, of which 1,000 are left when the fifth is taken.
    [InlineData(3, "The 1000 steps that are left will take about 0:50:00, validation not counted, if they take as long as the first.")]
    [InlineData(0.01, null)]
    public void What_is_left_is_said_once_where_it_takes_long(double secondsAStep, string? expected)
    {
        var (clock, said) = (new SetClock(), new List<string>());
        var estimate = new TimeEstimate(clock, said.Add);
        for (var step = 0; step < 9; step++)
        {
            clock.Now += TimeSpan.FromSeconds(step == 0 ? 100 : secondsAStep);
            estimate.OnStep(1004 - step);
        }

        Assert.Equal(expected is null ? [] : [expected], said);
    }

    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
