using System.Diagnostics;
using System.Text.Json;

namespace TfKd;

/// <summary>The state of a run between two epochs: where it stands, its best weights so far, its checkpoint.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingPlan _plan;
    private readonly Learner _student;
    private readonly Learner? _peer;
    private readonly IStudentFollower? _follower;
    private readonly RunCheckpoint? _checkpoint;
    private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
    private WeightSnapshot? _best;
    private int _bestEpoch = -1;
    private bool _bestIsPeer;

    public TrainingRun(TrainingPlan plan, Learner student, Learner? peer, ITeacher? teacher, IImageSource training, Lazy<string> fingerprint)
    {
        (_plan, _student, _peer, _follower, State) = (plan, student, peer, teacher as IStudentFollower, new TrainingState(student.Network, plan));
        if (plan.CheckpointDirectory is { } directory)
            _checkpoint = new RunCheckpoint(directory, $"Network: {student.Network.Architecture}\n{plan.Describe()}\nTraining rows: {training.Count}, {fingerprint.Value}{TextOf(CachedTeacher.Unwrap(teacher))}{TextOf(plan.InitialWeights)}");
    }

    public TrainingState State { get; }

    public int Epoch => State.History.Count;

    public long Step { get; set; }

    public TimeSpan Elapsed => _stopwatch.Elapsed;

    public bool IsOver => Epoch >= _plan.MaxEpochs || State.StopReason is not null;

    /// <summary>Whether the checkpoint was that of a run with nothing left to do.</summary>
    public bool WasFinished { get; private set; }

    /// <summary>Means of the student's named terms since the epoch began.</summary>
    public IReadOnlyDictionary<string, double> Terms => _student.Log.Means;

    /// <summary>Continues from the checkpoint where there is one, and says so.</summary>
    public string? TryResume()
    {
        if (_checkpoint?.TryLoad(Parts()) is not { } state)
            return null;
        var standing = JsonSerializer.Deserialize<Standing>(state)
            ?? throw new InvalidDataException($"'{_checkpoint.Path}' does not say where its run stands.");
        (Step, _bestEpoch, _bestIsPeer) = (standing.Step, standing.BestEpoch, standing.BestIsPeer);
        foreach (var metrics in standing.History)
            State.Add(metrics);
        if (standing.StopReason is { } reason)
            State.RequestStop(reason);
        WasFinished = IsOver;
        return $"Resumed after epoch {Epoch} of {_plan.MaxEpochs} from '{_checkpoint.Path}'.";
    }

    public void BeginEpoch()
    {
        foreach (var learner in Learners)
            learner.OnEpochBegin();
    }

    public void EndEpoch()
    {
        foreach (var learner in Learners)
            learner.OnEpochEnd();
        _follower?.OnEpochEnd();
    }

    /// <summary>Takes note of a finished epoch.</summary>
    public void Complete(EpochMetrics metrics)
    {
        State.Add(metrics);
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

    public void SaveCheckpoint()
    {
        if (_checkpoint is null)
            return;
        var standing = new Standing(Step, _bestEpoch, _bestIsPeer, State.StopReason, State.History);
        _checkpoint.Save(Parts(), JsonSerializer.Serialize(standing));
    }

    /// <summary>Puts the best weights back, where they were asked for.</summary>
    public TrainingResult Finish()
    {
        if (_bestEpoch != Epoch - 1 || _bestIsPeer)
            _best?.CopyTo(State.Student);
        return new TrainingResult([.. State.History], _bestEpoch, State.StopReason) { IsPeer = _bestIsPeer };
    }

    public void Dispose() => _best?.Dispose();

    private IEnumerable<Learner> Learners => _peer is null ? [_student] : [_student, _peer];

    private EpochMetrics Best => TrainingResult.Choose(State.History[_bestEpoch], _bestIsPeer);

    private static (double Top1, double NegativeLoss) Rank(ClassificationMetrics metrics) => (metrics.Top1, -metrics.NegativeLogLikelihood);

    private IEnumerable<CheckpointPart> Parts() =>
    [
        .. _student.CheckpointParts("student"),
        .. _peer?.CheckpointParts("peer") ?? [],
        .. _follower is null ? Array.Empty<CheckpointPart>() : [new("teacher.", _follower.ReadState, _follower.LoadState)],
        new("best.", () => _best is null ? [] : _best.Tensors, tensors => _best = tensors.Count > 0 ? WeightSnapshot.Of(tensors) : null),
    ];

    // The plan may name a file or a column only, and what is in it may have changed.
    private static string TextOf(ITeacher? teacher) => teacher is IFixedTeacher fixedTeacher ? $"\nTeacher's fingerprint: {fixedTeacher.Fingerprint}" : "";

    private static string TextOf(InitialWeights? weights) => weights is null ? "" : $"\nFingerprint of the initial weights: {weights.Fingerprint}";

    private sealed record Standing(long Step, int BestEpoch, bool BestIsPeer, string? StopReason, IReadOnlyList<EpochMetrics> History);
}
