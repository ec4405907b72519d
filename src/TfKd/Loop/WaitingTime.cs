using System.Diagnostics;

namespace TfKd;

/// <summary>How long a loop waits for what it runs over.</summary>
internal sealed class WaitingTime
{
    private readonly Stopwatch _stopwatch = new();

    public TimeSpan Elapsed => _stopwatch.Elapsed;

    /// <summary>The same elements; the watch runs while the next one is not there yet.</summary>
    public IEnumerable<T> Measure<T>(IEnumerable<T> elements)
    {
        _stopwatch.Start();
        foreach (var element in elements)
        {
            _stopwatch.Stop();
            yield return element;
            _stopwatch.Start();
        }

        _stopwatch.Stop();
    }
}
