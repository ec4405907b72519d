using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>Ties a run to ML.NET: an Info line an epoch, messages, the user's callbacks, and the host's own way to cancel.</summary>
internal sealed class HostCallback(
    IChannel channel, FitMessages messages, Action<EpochMetrics>? metricsCallback, HostCancellation cancellation) : TrainingCallback
{
    public override void OnTrainBegin(TrainingState state) => messages.BeginEpochs();

    public override void OnBatchEnd(TrainingState state) => cancellation.Check();

    public override void OnEpochEnd(TrainingState state)
    {
        channel.Info(MessageSensitivity.None, "{0}", state.History[^1]);
        metricsCallback?.Invoke(state.History[^1]);
    }

    public override void OnMessage(string message, bool isWarning)
    {
        if (isWarning)
            messages.Warn(message);
        else
            messages.Say(message);
    }
}
