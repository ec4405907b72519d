using static TorchSharp.torch;

namespace TfKd;

/// <summary>The weights of the best epoch so far, where they may be wanted again.</summary>
/// <param name="plan">Says which epoch is the best.</param>
/// <param name="participants">Whose weights they are.</param>
internal sealed class BestWeights(TrainingPlan plan, RunParticipants participants) : IDisposable
{
    private WeightSnapshot? _snapshot;

    /// <summary>The best epoch; null before the first.</summary>
    public BestEpoch? Epoch { get; private set; }

    /// <summary>Whether the weights are at hand: an epoch was validated, and the plan wants the best.</summary>
    public bool AreKept => _snapshot is not null;

    /// <summary>What a checkpoint holds of them.</summary>
    public CheckpointPart CheckpointPart => new(
        "best.",
        () => _snapshot is null ? [] : _snapshot.Tensors,
        tensors => _snapshot = tensors.Count > 0 ? WeightSnapshot.Of(tensors) : null);

    /// <summary>Takes note of an epoch that has just ended: keeps the weights as they are now where they are the best.</summary>
    public void Update(IReadOnlyList<EpochMetrics> history)
    {
        Recall(history);
        if (!plan.RestoreBestWeights || !history[^1].WasValidated || Epoch is not { } best || best.Epoch != history[^1].Epoch)
            return;
        _snapshot?.Dispose();
        var learner = best.IsPeer ? participants.Peer! : participants.Student;
        using var average = learner.UseAverage();
        _snapshot = WeightSnapshot.Of(learner.Network);
    }

    /// <summary>Takes note of epochs of another process, whose weights come out of its checkpoint.</summary>
    public void Recall(IReadOnlyList<EpochMetrics> history) => Epoch = BestEpoch.Of(plan, history);

    /// <summary>Puts them into the student, where there are any.</summary>
    public void Restore() => _snapshot?.CopyTo(participants.Student.Network);

    public void Dispose() => _snapshot?.Dispose();
}
