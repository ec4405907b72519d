using System.Diagnostics;
using System.Text.Json;
using TorchSharp.Modules;

namespace TfKd;

/// <summary>The state of a run between two epochs: where it stands, its best weights so far, its checkpoint.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingPlan _plan;
    private readonly OptimizerHelper _optimizer;
    private readonly RunCheckpoint? _checkpoint;
    private readonly Stopwatch _stopwatch = Stopwatch.StartNew();
    private WeightSnapshot? _best;
    private int _bestEpoch = -1;

    public TrainingRun(TrainingPlan plan, ImageNetwork student, OptimizerHelper optimizer, IImageSource training)
    {
        (_plan, _optimizer, State) = (plan, optimizer, new TrainingState(student, plan));
        if (plan.CheckpointDirectory is { } directory)
            _checkpoint = new RunCheckpoint(directory, $"Network: {student.Architecture}\n{plan.Describe()}\nTraining rows: {training.Count}, {SourceFingerprint.Of(training)}");
    }

    public TrainingState State { get; }

    public int Epoch => State.History.Count;

    public long Step { get; set; }

    public TimeSpan Elapsed => _stopwatch.Elapsed;

    public bool IsOver => Epoch >= _plan.MaxEpochs || State.StopReason is not null;

    /// <summary>Continues from the checkpoint where there is one, and says so.</summary>
    public string? TryResume()
    {
        if (_checkpoint?.TryLoad(State.Student, _optimizer) is not { } loaded)
            return null;
        _best = loaded.Best;
        var standing = JsonSerializer.Deserialize<Standing>(loaded.State)
            ?? throw new InvalidDataException($"'{_checkpoint.Path}' does not say where its run stands.");
        (Step, _bestEpoch) = (standing.Step, standing.BestEpoch);
        foreach (var metrics in standing.History)
            State.Add(metrics);
        if (standing.StopReason is { } reason)
            State.RequestStop(reason);
        return $"Resumed after epoch {Epoch} of {_plan.MaxEpochs} from '{_checkpoint.Path}'.";
    }

    /// <summary>Takes note of a finished epoch.</summary>
    public void Complete(EpochMetrics metrics)
    {
        State.Add(metrics);
        if (_plan.RestoreBestWeights && metrics.Validation is { } now)
        {
            var before = _bestEpoch < 0 ? null : State.History[_bestEpoch].Validation;
            if (before is not null && (now.Top1, -now.NegativeLogLikelihood).CompareTo((before.Top1, -before.NegativeLogLikelihood)) <= 0)
                return;
            _best?.Dispose();
            _best = WeightSnapshot.Of(State.Student);
        }

        _bestEpoch = metrics.Epoch;
    }

    public void SaveCheckpoint()
    {
        if (_checkpoint is null)
            return;
        var standing = new Standing(Step, _bestEpoch, State.StopReason, State.History);
        _checkpoint.Save(State.Student, _optimizer, _best, JsonSerializer.Serialize(standing));
    }

    /// <summary>Puts the best weights back, where they were asked for.</summary>
    public TrainingResult Finish()
    {
        if (_bestEpoch != Epoch - 1)
            _best?.CopyTo(State.Student);
        return new TrainingResult([.. State.History], _bestEpoch, State.StopReason);
    }

    public void Dispose() => _best?.Dispose();

    private sealed record Standing(long Step, int BestEpoch, string? StopReason, IReadOnlyList<EpochMetrics> History);
}
