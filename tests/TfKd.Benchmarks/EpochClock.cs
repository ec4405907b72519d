using System.Diagnostics;

namespace TfKd.Benchmarks;

/// <summary>The time of a run's epochs but the first, with all that is done between two of them.</summary>
internal sealed class EpochClock : TrainingCallback
{
    private readonly List<long> _ends = [];

    /// <summary>Seconds an epoch, after what happens once.</summary>
    public double SecondsAnEpoch => Stopwatch.GetElapsedTime(_ends[0], _ends[^1]).TotalSeconds / (_ends.Count - 1);

    public override void OnEpochEnd(TrainingState state) => _ends.Add(Stopwatch.GetTimestamp());
}
