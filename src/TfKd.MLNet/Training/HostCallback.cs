using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>Ties a run to ML.NET: an Info line an epoch, warnings, the user's callback, and the host's own way to cancel.</summary>
internal sealed class HostCallback(IChannel channel, Action<EpochMetrics>? metricsCallback, HostCancellation cancellation)
    : TrainingCallback
{
    public override void OnBatchEnd(TrainingState state) => cancellation.Check();

    public override void OnEpochEnd(TrainingState state)
    {
        channel.Info(MessageSensitivity.None, "{0}", state.History[^1]);
        metricsCallback?.Invoke(state.History[^1]);
    }

    public override void OnMessage(string message, bool isWarning)
    {
        if (isWarning)
            channel.Warning(MessageSensitivity.None, "{0}", message);
        else
            channel.Info(MessageSensitivity.None, "{0}", message);
    }
}
