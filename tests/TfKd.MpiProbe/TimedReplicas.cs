using System.Diagnostics;

namespace TfKd.MpiProbe;

/// <summary>Replicas whose calls are timed, the waiting for slower processes included.</summary>
/// <param name="inner">The replicas.</param>
internal sealed class TimedReplicas(Replicas inner) : Replicas
{
    private readonly Stopwatch _stopwatch = new();

    public override int Rank => inner.Rank;

    public override int Count => inner.Count;

    /// <summary>Time in calls so far.</summary>
    public TimeSpan Elapsed => _stopwatch.Elapsed;

    public override void Sum(Span<float> values)
    {
        _stopwatch.Start();
        inner.Sum(values);
        _stopwatch.Stop();
    }

    public override void Sum(Span<double> values)
    {
        _stopwatch.Start();
        inner.Sum(values);
        _stopwatch.Stop();
    }

    public override void Broadcast(Span<byte> bytes)
    {
        _stopwatch.Start();
        inner.Broadcast(bytes);
        _stopwatch.Stop();
    }

    public override void Abort(string reason) => inner.Abort(reason);
}
