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

    /// <summary>Ends the run after this epoch.</summary>
    public void RequestStop(string reason) => StopReason ??= reason;

    internal void Add(EpochMetrics metrics)
    {
        _history.Add(metrics);
        EpochProgress = 0;
    }
}
