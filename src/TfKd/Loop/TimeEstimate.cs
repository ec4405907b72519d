namespace TfKd;

/// <summary>
/// Says once, after the first few steps of a process, how long the others will take; nothing where that is soon over.
/// </summary>
/// <param name="clock">Measures the steps.</param>
/// <param name="say">Is told.</param>
internal sealed class TimeEstimate(TimeProvider clock, Action<string> say)
{
    // The first step is not like the others: memory is taken, and kernels are prepared.
    private const int MeasuredSteps = 4;

    private static readonly TimeSpan _worthSaying = TimeSpan.FromSeconds(20);

    private long _began;
    private int _steps;

    /// <summary>Takes note of a step.</summary>
    /// <param name="stepsLeft">How many are left of the run.</param>
    public void OnStep(long stepsLeft)
    {
        if (_steps > MeasuredSteps)
            return;
        if (_steps == 0)
            _began = clock.GetTimestamp();
        if (_steps++ < MeasuredSteps)
            return;
        var left = clock.GetElapsedTime(_began) / MeasuredSteps * stepsLeft;
        if (left >= _worthSaying)
        {
            var time = $"{(int)left.TotalHours}:{left:mm\\:ss}";
            say($"The {stepsLeft} steps that are left will take about {time}, validation not counted, if they take as long as the first.");
        }
    }
}
