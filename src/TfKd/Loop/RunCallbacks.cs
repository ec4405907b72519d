namespace TfKd;

/// <summary>The watchers of a run, spoken to all at once.</summary>
/// <param name="callbacks">The plan's.</param>
internal sealed class RunCallbacks(IReadOnlyList<TrainingCallback> callbacks)
{
    public void Say(string message) => Say(message, isWarning: false);

    public void Warn(string message) => Say(message, isWarning: true);

    public void Say(string message, bool isWarning) => Notify(callback => callback.OnMessage(message, isWarning));

    public void Notify(Action<TrainingCallback> action)
    {
        foreach (var callback in callbacks)
            action(callback);
    }
}
