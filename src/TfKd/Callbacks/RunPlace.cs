namespace TfKd;

/// <summary>
/// Where a callback writes, run by run: one that watches a second run, as in cross-validation, would write over what it wrote of the first.
/// The first run has the place that was asked for, each other one its own beside it, or in it. A run of the same plan and network is the
/// same run, gone on with.
/// </summary>
/// <param name="place">A file, or a folder.</param>
/// <param name="isFolder">Whether it is a folder.</param>
internal sealed class RunPlace(string place, bool isFolder = false)
{
    private readonly List<string> _runs = [];
    private readonly string _place = place;

    /// <summary>Where the run at hand writes.</summary>
    public string Current { get; private set; } = place;

    /// <summary>At the beginning of a run; says where it writes where that is not the place that was asked for.</summary>
    public void Begin(TrainingState state, string writer)
    {
        var run = NumberOf(KeyOf(state));
        Current = Of(run);
        if (run > 1)
            state.Say($"{writer} writes its run {run} to '{Current}'.", false);
    }

    private int NumberOf(string key)
    {
        lock (_runs)
        {
            if (!_runs.Contains(key, StringComparer.Ordinal))
                _runs.Add(key);
            return _runs.IndexOf(key) + 1;
        }
    }

    // More epochs of a run are no other run.
    private static string KeyOf(TrainingState state)
    {
        var plan = state.Plan with { MaxEpochs = 1 };
        return $"{plan.TryIdentify()} {plan.Seed} {plan.CheckpointDirectory} {state.Student.Architecture}";
    }

    private string Of(int run) =>
        run == 1 ? _place
        : isFolder ? Path.Combine(_place, $"run-{run}")
        : Path.Combine(Path.GetDirectoryName(_place) ?? "", $"{Path.GetFileNameWithoutExtension(_place)}-{run}{Path.GetExtension(_place)}");
}
