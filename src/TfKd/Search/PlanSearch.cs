namespace TfKd;

/// <summary>
/// Tries plans out on one set of rows and keeps the best by the validation rows. A trial that fails is recorded, and the search goes on.
/// </summary>
/// <param name="settings">How many, for how long, chosen by what.</param>
/// <example><code>
/// var search = new PlanSearch(new SearchSettings { Method = new SuccessiveHalving(), MaxTrials = 9, Directory = "search" });
/// using var found = search.Run(new CifarResNet(), training, validation, space => new TrainingPlan
/// {
///     Optimizer = new Sgd { LearningRate = space.UniformDouble("LearningRate", 0.001, 0.3, logBase: true) },
///     Objective = space.Choice&lt;Objective&gt;("Objective", new CrossEntropy(), new LabelSmoothing()),
/// });
/// Console.WriteLine(found.Search);
/// </code></example>
public sealed class PlanSearch(SearchSettings settings)
{
    /// <summary>How the search is done.</summary>
    public SearchSettings Settings { get; } = settings ?? throw new ArgumentNullException(nameof(settings));

    /// <summary>Searches.</summary>
    /// <param name="network">The network of all trials.</param>
    /// <param name="training">Rows to learn from.</param>
    /// <param name="validation">Rows to compare the trials by; not those that the result is to be tested on.</param>
    /// <param name="plan">
    /// Makes the plan of a trial, by nothing but the search space. Its checkpoints are in the search's folder; all of it must be known
    /// again in a canonical text, as with <see cref="TrainingPlan.CheckpointDirectory"/>.
    /// </param>
    /// <param name="token">Stops the search; with <see cref="SearchSettings.Directory"/> another one goes on with it.</param>
    /// <exception cref="InvalidOperationException">
    /// All trials failed, or a plan has several processes, or the folder is of another search.
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written, or another search is in it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public PlanSearchResult Run(
        NetworkArchitecture network, IImageSource training, IImageSource validation, Func<SearchSpace, TrainingPlan> plan,
        CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(plan);
        using var folder = new SearchFolder(Settings.Directory);
        var rows = (training, validation);
        var task = new SearchTask<TrainingPlan>
        {
            Make = plan,
            PlanOf = made => made,
            NetworkOf = _ => network,
            Train = (made, directory, watcher, stop) => Train(Watched(made, directory, watcher), network, rows, stop).Student.Dispose(),
        };
        var (best, table) = new SearchRun<TrainingPlan>(Settings, folder.Path, task, token).Run();
        var last = Watched(best.Settings!, SearchRun<TrainingPlan>.FolderOf(best, folder.Path), new FinishedTrial(best.Record.Epochs));
        var (student, result) = Train(last, network, rows, token);
        return new PlanSearchResult(table, best.Settings!, student, result);
    }

    private static TrainingPlan Watched(TrainingPlan plan, string directory, TrainingCallback watcher) => plan with
    {
        CheckpointDirectory = directory,
        CheckpointInterval = new CheckpointInterval(),
        OnCancellation = CancellationOutcome.Throw,
        Callbacks = [.. plan.Callbacks, watcher],
    };

    private static (ImageNetwork Student, TrainingResult Result) Train(
        TrainingPlan plan, NetworkArchitecture network, (IImageSource Training, IImageSource Validation) rows, CancellationToken token)
    {
        var trainer = new Trainer(plan);
        var student = trainer.CreateStudent(network, rows.Training.ClassNames);
        try
        {
            return (student, trainer.Run(student, rows.Training, rows.Validation, token));
        }
        catch
        {
            student.Dispose();
            throw;
        }
    }
}
