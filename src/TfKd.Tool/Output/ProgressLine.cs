using System.Diagnostics;

namespace TfKd.Tool;

/// <summary>
/// How far a piece of work is: on a terminal one line that is written over, otherwise a line whenever something is worth one, at most every
/// few seconds.
/// </summary>
/// <param name="streams">Where it is shown.</param>
/// <param name="columns">The columns of the terminal.</param>
internal sealed class ProgressLine(ToolStreams streams, Func<int> columns)
{
    private const int BarWidth = 24;

    // Written over more often, a line flickers; written anew more often, a log grows.
    private static readonly TimeSpan _betweenFrames = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _betweenLines = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _shownAt;
    private bool _isShown;

    /// <summary>Shows how far it is.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="done">How much of it is, from 0 to 1.</param>
    /// <param name="left">How long the rest takes; null: not known yet.</param>
    /// <param name="matters">Whether it is to be seen in any case, as the end of an epoch is.</param>
    public void Show(string title, double done, TimeSpan? left, bool matters = false)
    {
        lock (_gate)
        {
            var since = Stopwatch.GetElapsedTime(_shownAt);
            if (!matters && _shownAt > 0 && since < (streams.ErrorIsTerminal ? _betweenFrames : _betweenLines))
                return;
            _shownAt = Stopwatch.GetTimestamp();
            var time = left is { } rest ? $", {Text(rest)} left" : "";
            if (!streams.ErrorIsTerminal)
            {
                streams.Error.WriteLine($"{title}: {Math.Floor(100 * done):F0} %{time}");
                return;
            }

            var full = (int)(BarWidth * Math.Clamp(done, 0, 1));
            var text = $"[{new string('#', full)}{new string('.', BarWidth - full)}] {Math.Floor(100 * done),3:F0} % {title}{time}";
            // A longer one would begin a second line, which is not written over.
            streams.Error.Write($"\r{text[..Math.Min(text.Length, Math.Max(columns() - 1, 1))]}\e[K");
            _isShown = true;
        }
    }

    /// <summary>Takes the line away, so that another may be written.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_isShown)
                streams.Error.Write("\r\e[K");
            _isShown = false;
        }
    }

    /// <summary>A time as people read it: minutes and seconds, hours where there are any.</summary>
    public static string Text(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time:mm\\:ss} h" : $"{(int)time.TotalMinutes}:{time:ss} min";
}
