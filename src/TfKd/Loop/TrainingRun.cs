using System.Diagnostics;

namespace TfKd;

/// <summary>The state of a run between two steps: where it stands, its best weights so far, its checkpoint.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingPlan _plan;
    private readonly RunParticipants _participants;
    private readonly RunCheckpoint? _checkpoint;
    private readonly ReplicaAgreement _agreement;
    private readonly BestWeights _best;
    private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
    private long _savedAt;
    private int _epochsBefore;

    /// <param name="state">What callbacks see of it.</param>
    /// <param name="participants">Who learns, and who teaches.</param>
    /// <param name="checkpoint">Where it is kept; null: nowhere.</param>
    /// <param name="agreement">The processes that take its steps together.</param>
    public TrainingRun(TrainingState state, RunParticipants participants, RunCheckpoint? checkpoint, ReplicaAgreement agreement)
    {
        (State, _plan, _participants, _checkpoint, _agreement) = (state, state.Plan, participants, checkpoint, agreement);
        (_best, _savedAt) = (new BestWeights(_plan, participants), _plan.Clock.GetTimestamp());
    }

    public TrainingState State { get; }

    /// <summary>What steps brought that is not counted yet; null: all is.</summary>
    public UnreadSteps? Unread { get; init; }

    /// <summary>What the epoch under way has brought so far.</summary>
    public EpochSums Sums { get; private set; } = new();

    public int Epoch => State.History.Count;

    /// <summary>Optimiser steps taken.</summary>
    public long Step { get; private set; }

    public TimeSpan Elapsed => _stopwatch.Elapsed;

    /// <summary>Whether nothing is left to do; an epoch that was begun is.</summary>
    public bool IsOver => Sums.Steps == 0 && (Epoch >= _plan.MaxEpochs || State.StopReason is not null);

    /// <summary>Whether the checkpoint was that of a run with nothing left to do.</summary>
    public bool WasFinished { get; private set; }

    /// <summary>Whether the run ended before an epoch did.</summary>
    public bool EndedWithinEpoch { get; private set; }

    /// <summary>Means of the student's named terms since the epoch began.</summary>
    public IReadOnlyDictionary<string, double> Terms => _participants.Student.Log.Means;

    /// <summary>Continues from the checkpoint where there is one, and says so.</summary>
    public string? TryResume()
    {
        if (SharedCheckpoint.TryLoad(_checkpoint, Parts, _agreement) is not var (text, path))
            return null;
        if (_checkpoint?.Warning is { } warning)
            State.Say(warning, true);
        var position = RunPosition.Parse(text, path);
        (Step, Sums) = (position.Step, position.Unfinished ?? new());
        foreach (var metrics in position.History)
            State.Add(metrics);
        if (position.StopReason is { } reason)
            State.RequestStop(reason);
        _best.Recall(State.History);
        _epochsBefore = Epoch;
        WasFinished = IsOver;
        return position.DescribeResumption(path, _plan.MaxEpochs, Kernels);
    }

    /// <summary>Begins an epoch, or goes on with the one that a checkpoint was written in.</summary>
    /// <param name="token">Stops between two batches of what is measured before.</param>
    public void BeginEpoch(CancellationToken token)
    {
        foreach (var learner in _participants.Learners)
            learner.OnEpochBegin(Epoch, goesOn: Sums.Steps > 0, token);
        _participants.Statistics?.Clear();
        // What a checkpoint has of the losses is of all processes; they are added up again.
        if (Sums.Steps == 0 || _agreement.Share.Rank > 0)
            return;
        foreach (var (learner, sums) in _participants.Learners.Zip(Sums.Losses))
            learner.Log.Restore(sums, learner.Network.Device);
        _participants.Statistics?.LoadState(Sums.Teacher, Sums.Example);
    }

    /// <summary>Takes note of a step.</summary>
    /// <param name="outcome">What it brought.</param>
    /// <param name="learningRate">Its rate.</param>
    /// <param name="stepsAnEpoch">Steps of a whole epoch.</param>
    public void Count(StepOutcome outcome, double learningRate, int stepsAnEpoch)
    {
        Sums = Sums.After(outcome, learningRate);
        State.LastStep = (learningRate, outcome.Loss);
        Step++;
        State.EpochProgress = (double)Sums.Steps / stepsAnEpoch;
    }

    /// <summary>Takes the reason why the first process is to stop, where callbacks gave it one: the others have no callbacks.</summary>
    public void ShareStopReason()
    {
        if (_agreement.OfFirst(State.StopReason) is { } reason)
            State.RequestStop(reason);
    }

    public StepPosition LastStep => new(new TrainingProgress(Epoch, _plan.MaxEpochs, Step - 1), Sums.LearningRate);

    /// <summary>After the last step of an epoch.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void EndEpoch()
    {
        Unite();
        RequireFiniteWeights();
        foreach (var learner in _participants.Learners)
            learner.OnEpochEnd();
        _participants.Teacher?.OnEpochEnd();
    }

    /// <summary>Takes note of a finished epoch.</summary>
    public void Complete(EpochMetrics metrics)
    {
        State.Add(metrics with { Remaining = Elapsed / (Epoch + 1 - _epochsBefore) * (_plan.MaxEpochs - Epoch - 1) });
        Sums = new();
        _best.Update(State.History);
    }

    /// <summary>Ends a run that was cancelled, and says with which weights.</summary>
    /// <param name="stepsAnEpoch">Steps of a whole epoch.</param>
    /// <param name="metrics">The metrics of the steps of the epoch under way.</param>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void Cancel(int stepsAnEpoch, Func<EpochMetrics> metrics)
    {
        var kept = _best is { AreKept: true, Epoch: { } best }
            ? $"those of epoch {best.Epoch + 1}, the best so far by {_plan.RankingMetric}"
            : "the latest";
        var place = $"in epoch {Epoch + 1} of {_plan.MaxEpochs}, after {Sums.Steps} of {stepsAnEpoch} steps";
        State.Cancel($"Cancelled {place}; the weights are {kept}.");
        EndWithinEpoch(metrics);
    }

    /// <summary>
    /// Ends the run within an epoch: with the best weights where there are any, otherwise with the latest, which the epoch's metrics then
    /// are of.
    /// </summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void EndWithinEpoch(Func<EpochMetrics> metrics)
    {
        EndedWithinEpoch = true;
        if (_best.AreKept || Sums.Steps == 0)
            return;
        Unite();
        RequireFiniteWeights();
        Complete(metrics());
    }

    /// <summary>Writes a checkpoint after an epoch, where it is time.</summary>
    public void SaveAfterEpoch()
    {
        if (IsOver || Epoch % _plan.CheckpointInterval.Epochs == 0)
            Save(null);
    }

    /// <summary>Whether it is time for a checkpoint within an epoch.</summary>
    public bool IsTimeToSave =>
        _checkpoint is not null && _plan.CheckpointInterval.Time is { } time && _plan.Clock.GetElapsedTime(_savedAt) >= time;

    /// <summary>Writes a checkpoint after a step; of several processes the first does, with what all of them have.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite; the checkpoint before stays.</exception>
    public void SaveAfterStep()
    {
        CountUnread();
        _participants.Unite(_agreement);
        RequireFiniteWeights();
        Save(Sums with
        {
            Losses = [.. _participants.Learners.Select(learner => _agreement.Sum(learner.Log.Sums))],
            Teacher = _participants.Statistics is { } statistics ? _agreement.Sum(statistics.ReadState()) : [],
            Example = _participants.Statistics?.Example,
        });
    }

    /// <summary>Puts the best weights back, where they were asked for.</summary>
    public TrainingResult Finish()
    {
        var best = _best.Epoch ?? new(-1, IsPeer: false);
        _participants.Student.KeepAverage();
        if (EndedWithinEpoch || best.Epoch != Epoch - 1 || best.IsPeer)
            _best.Restore();
        return new TrainingResult([.. State.History], best.Epoch, State.StopReason) { IsPeer = best.IsPeer };
    }

    /// <summary>What is kept of a run that was found finished; null where it was not, or nothing is.</summary>
    public TeacherFindings? FindFinished() => WasFinished && _checkpoint is not null
        ? FinishedRun.Read(_plan.CheckpointDirectory!, _checkpoint.IdentityHash, Step)?.ToFindings()
        : null;

    /// <summary>Keeps, beside the checkpoint, what was found of the teacher.</summary>
    public void KeepFinished(TeacherFindings findings)
    {
        if (_checkpoint is not null)
            FinishedRun.Of(_checkpoint.IdentityHash, Step, findings).Keep(_plan.CheckpointDirectory!, State.Say);
    }

    public void Dispose() => _best.Dispose();

    private string Kernels => $"{_participants.Student.Network.Checked}";

    private void CountUnread() => Sums = Unread is null ? Sums : Sums.With(Unread.Read());

    // Each process has seen its rows, and is to know what all have.
    private void Unite()
    {
        CountUnread();
        _participants.Unite(_agreement);
        if (_agreement.Replicas is null)
            return;
        foreach (var learner in _participants.Learners)
            learner.Log.Restore(_agreement.Sum(learner.Log.Sums), learner.Network.Device);
        if (_participants.Statistics is { } statistics)
            statistics.LoadState(_agreement.Sum(statistics.ReadState()), statistics.Example);
    }

    private void RequireFiniteWeights()
    {
        foreach (var learner in _participants.Learners)
            learner.RequireFiniteWeights(LastStep);
    }

    private void Save(EpochSums? unfinished)
    {
        if (_checkpoint is null)
            return;
        var position = new RunPosition(Step, State.StopReason, State.History) { Unfinished = unfinished, Kernels = Kernels };
        _checkpoint.Save(Parts(), position.ToText());
        _savedAt = _plan.Clock.GetTimestamp();
    }

    private IEnumerable<CheckpointPart> Parts() =>
    [
        .. _participants.Student.CheckpointParts("student"),
        .. _participants.Peer?.CheckpointParts("peer") ?? [],
        .. PartsOf(_participants.Teacher),
        _best.CheckpointPart,
    ];

    private static CheckpointPart[] PartsOf(Teacher? teacher) =>
        teacher is null ? [] : [new("teacher.", teacher.ReadState, teacher.LoadState)];
}
