namespace TfKd.Tests;

/// <summary>A clock that goes on by a second with each look at it.</summary>
internal sealed class SteppingClock : TimeProvider
{
    private long _looks;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => _looks++;
}
