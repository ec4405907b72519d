using System.Globalization;

namespace OnnxServing;

/// <summary>A line every few seconds: how many photos are done, how fast, and how long the others will take.</summary>
internal sealed class Progress(TextWriter writer, long total, TimeProvider clock)
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    private readonly long _start = clock.GetTimestamp();
    private long _last = clock.GetTimestamp();
    private long _done;

    /// <summary>Photos a second since the beginning.</summary>
    public double Rate => _done / Math.Max(clock.GetElapsedTime(_start).TotalSeconds, 1e-6);

    /// <summary>More photos are done.</summary>
    public void Add(int photos, long bad)
    {
        _done += photos;
        if (clock.GetElapsedTime(_last) < _interval)
            return;
        _last = clock.GetTimestamp();
        var left = TimeSpan.FromSeconds(Math.Min((total - _done) / Rate, TimeSpan.MaxValue.TotalSeconds / 2));
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_done} of {total} photos, {bad} bad, {Rate:F1} photos/s, {left:d\\.hh\\:mm\\:ss} left"));
    }
}
