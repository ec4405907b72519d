namespace TfKd;

/// <summary>A run as callbacks see it.</summary>
public sealed class TrainingState
{
    private readonly List<EpochMetrics> _history = [];

    internal TrainingState(ImageNetwork student, TrainingPlan plan) => (Student, Plan) = (student, plan);

    /// <summary>The network in training.</summary>
    public ImageNetwork Student { get; }

    /// <summary>What was asked for.</summary>
    public TrainingPlan Plan { get; }

    /// <summary>The metrics of each finished epoch, those before a resumption included.</summary>
    public IReadOnlyList<EpochMetrics> History => _history;

    /// <summary>The current epoch, from 0.</summary>
    public int Epoch => _history.Count;

    /// <summary>How much of the current epoch's steps are taken, from 0 to 1.</summary>
    public double EpochProgress { get; internal set; }

    /// <summary>Why the run was asked to stop; null while it was not.</summary>
    public string? StopReason { get; private set; }

    internal bool StopsAtOnce { get; private set; }

    /// <summary>Rate and objective of the step before; an objective of 0 where that is read later.</summary>
    internal (double LearningRate, double Loss) LastStep { get; set; }

    /// <summary>Ends the run.</summary>
    /// <param name="reason">Why; what was asked first stays.</param>
    /// <param name="immediately">
    /// Whether it ends after this step, and not after this epoch (the default). It then ends with the weights of the best epoch so far;
    /// where none is known (no epoch has been validated, or the best weights are not asked for) with the latest.
    /// </param>
    public void RequestStop(string reason, bool immediately = false)
    {
        StopReason ??= reason;
        StopsAtOnce |= immediately;
    }

    internal void Cancel(string reason) => StopReason = reason;

    /// <summary>The rows that are learnt from; null outside of a run.</summary>
    internal IImageSource? Training { get; init; }

    /// <summary>The rows that are not; null without them.</summary>
    internal IImageSource? Validation { get; init; }

    /// <summary>What will be done with the scores after the run; null where that is not known.</summary>
    internal ScoreUse? Scores { get; init; }

    /// <summary>Tells all watchers of the run something, as a warning or not.</summary>
    internal Action<string, bool> Say { get; init; } = (_, _) => { };

    internal void Add(EpochMetrics metrics)
    {
        _history.Add(metrics);
        EpochProgress = 0;
    }
}
