using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>The state of a run between two steps: where it stands, its best weights so far, its checkpoint.</summary>
internal sealed class TrainingRun : IDisposable
{
    // A term that an objective only reports may be infinite.
    private static readonly JsonSerializerOptions _json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly TrainingPlan _plan;
    private readonly Learner _student;
    private readonly Learner? _peer;
    private readonly Teacher? _teacher;
    private readonly TeacherStatistics? _statistics;
    private readonly RunCheckpoint? _checkpoint;
    private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
    private long _savedAt;
    private WeightSnapshot? _best;
    private int _bestEpoch = -1;
    private int _epochsBefore;
    private bool _bestIsPeer;

    public TrainingRun(
        TrainingPlan plan, Learner student, Learner? peer, Teacher? teacher, TeacherStatistics? statistics, IImageSource training, Lazy<string> fingerprint)
    {
        (_plan, _student, _peer, _teacher, _statistics) = (plan, student, peer, teacher, statistics);
        (State, _savedAt) = (new TrainingState(student.Network, plan), plan.Clock.GetTimestamp());
        if (plan.CheckpointDirectory is { } directory)
            _checkpoint = new RunCheckpoint(directory, $"Network: {student.Network.Architecture}\n{plan.Describe()}\nTraining rows: {training.Count}, {fingerprint.Value}{TextOf(teacher)}{TextOf(plan.InitialWeights)}");
    }

    public TrainingState State { get; }

    /// <summary>What the epoch under way has brought so far.</summary>
    public EpochTally Tally { get; private set; } = new();

    public int Epoch => State.History.Count;

    public long Step { get; set; }

    public TimeSpan Elapsed => _stopwatch.Elapsed;

    /// <summary>Whether nothing is left to do; an epoch that was begun is.</summary>
    public bool IsOver => Tally.Steps == 0 && (Epoch >= _plan.MaxEpochs || State.StopReason is not null);

    /// <summary>Whether the checkpoint was that of a run with nothing left to do.</summary>
    public bool WasFinished { get; private set; }

    /// <summary>Whether the run ended before an epoch did.</summary>
    public bool EndedWithinEpoch { get; private set; }

    /// <summary>The epoch whose weights <see cref="Finish"/> puts back if the run ends within an epoch; null: the latest weights stay.</summary>
    public int? EpochToKeep => _best is null ? null : _bestEpoch;

    /// <summary>Means of the student's named terms since the epoch began.</summary>
    public IReadOnlyDictionary<string, double> Terms => _student.Log.Means;

    /// <summary>Continues from the checkpoint where there is one, and says so.</summary>
    public string? TryResume()
    {
        if (_checkpoint?.TryLoad(Parts()) is not { } state)
            return null;
        var standing = JsonSerializer.Deserialize<Standing>(state, _json)
            ?? throw new InvalidDataException($"'{_checkpoint.Path}' does not say where its run stands.");
        (Step, _bestEpoch, _bestIsPeer, Tally) = (standing.Step, standing.BestEpoch, standing.BestIsPeer, standing.Unfinished ?? new());
        foreach (var metrics in standing.History)
            State.Add(metrics);
        if (standing.StopReason is { } reason)
            State.RequestStop(reason);
        _epochsBefore = Epoch;
        WasFinished = IsOver;
        var place = Tally.Steps == 0 ? $"epoch {Epoch} of {_plan.MaxEpochs}" : $"step {Tally.Steps} of epoch {Epoch + 1} of {_plan.MaxEpochs}";
        var kernels = standing.Kernels is null || standing.Kernels == Kernels ? "" : $" It ran {standing.Kernels}, and goes on {Kernels}: its numbers may differ in their last digits from those of an unbroken run.";
        return $"Resumed after {place} from '{_checkpoint.Path}'.{kernels}";
    }

    /// <summary>Begins an epoch, or goes on with the one that a checkpoint was written in.</summary>
    public void BeginEpoch()
    {
        foreach (var learner in Learners)
            learner.OnEpochBegin();
        _statistics?.Clear();
        if (Tally.Steps == 0)
            return;
        foreach (var (learner, sums) in Learners.Zip(Tally.Losses))
            learner.Log.Restore(sums, learner.Network.Device);
        _statistics?.LoadState(Tally.Teacher);
    }

    /// <summary>After the last step of an epoch.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void EndEpoch()
    {
        RequireFiniteWeights();
        foreach (var learner in Learners)
            learner.OnEpochEnd();
        _teacher?.OnEpochEnd();
    }

    /// <summary>Takes note of a finished epoch.</summary>
    public void Complete(EpochMetrics metrics)
    {
        State.Add(metrics with { Remaining = Elapsed / (Epoch + 1 - _epochsBefore) * (_plan.MaxEpochs - Epoch - 1) });
        Tally = new();
        if (!_plan.RestoreBestWeights || metrics.Validation is not { } now)
        {
            _bestEpoch = metrics.Epoch;
            return;
        }

        var isPeer = metrics.PeerValidation is { } peers && Rank(peers).CompareTo(Rank(now)) > 0;
        if (_bestEpoch >= 0 && Rank(isPeer ? metrics.PeerValidation! : now).CompareTo(Rank(Best.Validation!)) <= 0)
            return;
        (_bestEpoch, _bestIsPeer) = (metrics.Epoch, isPeer);
        _best?.Dispose();
        _best = WeightSnapshot.Of(isPeer ? _peer!.Network : _student.Network);
    }

    /// <summary>Ends the run within an epoch: with the best weights where there are any, otherwise with the latest, which the epoch's metrics then are of.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void EndWithinEpoch(Func<EpochMetrics> metrics)
    {
        EndedWithinEpoch = true;
        if (_best is not null || Tally.Steps == 0)
            return;
        RequireFiniteWeights();
        Complete(metrics());
    }

    /// <summary>Writes a checkpoint after an epoch, where it is time.</summary>
    public void SaveAfterEpoch()
    {
        if (IsOver || Epoch % _plan.CheckpointInterval.Epochs == 0)
            Save(null);
    }

    /// <summary>Writes a checkpoint after a step, where it is time.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite; the checkpoint before stays.</exception>
    public void SaveAfterStep()
    {
        if (_checkpoint is null || _plan.CheckpointInterval.Time is not { } time || _plan.Clock.GetElapsedTime(_savedAt) < time)
            return;
        RequireFiniteWeights();
        Save(Tally with { Losses = [.. Learners.Select(learner => learner.Log.Sums)], Teacher = _statistics?.ReadState() ?? [] });
    }

    /// <summary>Puts the best weights back, where they were asked for.</summary>
    public TrainingResult Finish()
    {
        if (EndedWithinEpoch || _bestEpoch != Epoch - 1 || _bestIsPeer)
            _best?.CopyTo(State.Student);
        return new TrainingResult([.. State.History], _bestEpoch, State.StopReason) { IsPeer = _bestIsPeer };
    }

    public void Dispose() => _best?.Dispose();

    private IEnumerable<Learner> Learners => _peer is null ? [_student] : [_student, _peer];

    private EpochMetrics Best => TrainingResult.Choose(State.History[_bestEpoch], _bestIsPeer);

    private string Kernels => _student.Path.ToString();

    private (double Value, double NegativeLoss) Rank(ClassificationMetrics metrics) => (_plan.RankingMetric.ValueOf(metrics), -metrics.NegativeLogLikelihood);

    private void RequireFiniteWeights()
    {
        foreach (var learner in Learners)
            learner.RequireFiniteWeights(new TrainingProgress(Epoch, _plan.MaxEpochs, Step - 1), Tally.LearningRate);
    }

    private void Save(EpochTally? unfinished)
    {
        if (_checkpoint is null)
            return;
        var standing = new Standing(Step, _bestEpoch, _bestIsPeer, State.StopReason, State.History) { Unfinished = unfinished, Kernels = Kernels };
        _checkpoint.Save(Parts(), JsonSerializer.Serialize(standing, _json));
        _savedAt = _plan.Clock.GetTimestamp();
    }

    private IEnumerable<CheckpointPart> Parts() =>
    [
        .. _student.CheckpointParts("student"),
        .. _peer?.CheckpointParts("peer") ?? [],
        .. _teacher is null ? Array.Empty<CheckpointPart>() : [new("teacher.", _teacher.ReadState, _teacher.LoadState)],
        new("best.", () => _best is null ? [] : _best.Tensors, tensors => _best = tensors.Count > 0 ? WeightSnapshot.Of(tensors) : null),
    ];

    // The plan may name a file or a column only, and what is in it may have changed.
    private static string TextOf(Teacher? teacher) => teacher?.Fingerprint is { } fingerprint ? $"\nTeacher's fingerprint: {fingerprint}" : "";

    private static string TextOf(InitialWeights? weights) => weights is null ? "" : $"\nFingerprint of the initial weights: {weights.Fingerprint}";

    private sealed record Standing(long Step, int BestEpoch, bool BestIsPeer, string? StopReason, IReadOnlyList<EpochMetrics> History)
    {
        public EpochTally? Unfinished { get; init; }

        public string? Kernels { get; init; }
    }
}
