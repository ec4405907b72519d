namespace TfKd;

/// <summary>
/// Takes note of what a trial's run has come to, and pauses it: cancels the run between two epochs, when the checkpoint of the first is
/// written. To be the last of the run's callbacks, so that it sees who else has stopped it.
/// </summary>
/// <param name="target">After how many epochs it pauses.</param>
/// <param name="isTimeUp">Whether the time is up when the run has taken so much of it.</param>
/// <param name="pause">What is cancelled.</param>
internal sealed class TrialWatcher(int target, Func<TimeSpan, bool> isTimeUp, CancellationTokenSource pause) : TrainingCallback
{
    public override bool NeedsValidation => true;

    /// <summary>Whether the run was paused; otherwise it came to its end, or failed.</summary>
    public bool IsPaused => pause.IsCancellationRequested;

    /// <summary>The epochs of the run.</summary>
    public int Epochs { get; private set; }

    /// <summary>The epoch whose weights the run would end with, with the metrics of these; null before its first epoch.</summary>
    public EpochMetrics? Best { get; private set; }

    /// <summary>What its epochs took.</summary>
    public TimeSpan Time { get; private set; }

    public override void OnTrainBegin(TrainingState state) => Look(state);

    public override void OnEpochEnd(TrainingState state) => Look(state);

    private void Look(TrainingState state)
    {
        var history = state.History;
        Epochs = history.Count;
        Best = BestEpoch.Of(state.Plan, history)?.In(history);
        // Of the epochs themselves, which a resumed run knows; not since the process began.
        Time = TimeSpan.FromTicks(history.Sum(epoch => epoch.Times.Total.Ticks));
        var isOver = Epochs >= state.Plan.MaxEpochs || state.StopReason is not null;
        if (!isOver && Epochs > 0 && (Epochs >= target || isTimeUp(Time)))
            pause.Cancel();
    }
}
