using TfKd;

namespace TeacherFreeCifar;

/// <summary>Tells of a run, a line an epoch.</summary>
/// <param name="name">What the run is called.</param>
internal sealed class RunLog(string name) : TrainingCallback
{
    public override void OnEpochEnd(TrainingState state) => Console.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: {state.History[^1]}");

    public override void OnMessage(string message, bool isWarning) => Console.WriteLine($"{DateTime.Now:HH:mm:ss} {name}: {message}");
}
