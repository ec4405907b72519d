using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// Tries options of <see cref="TorchImageClassificationTrainer"/> out and keeps the model that is best on the validation rows. It is an
/// estimator as any other; <see cref="Execute"/> returns the table of all trials beside the model.
/// </summary>
/// <remarks>
/// All trials learn from the same rows and are compared on the same ones, with one seed: that of the MLContext, or, of a search that is
/// gone on with, the one it began with. The rows are decoded once, as long as the trials want them alike.
/// </remarks>
/// <example><code>
/// var options = PhotoRecipe.FineTuned(photoCount: 200) with { ValidationSetFraction = 0.2f };
/// TorchImageClassificationSearch search = ml.MulticlassClassification.Trainers.TuneTorchImageClassification(
///     space => options with
///     {
///         Optimizer = new TfKd.AdamW { LearningRate = space.UniformDouble("LearningRate", 0.00001, 0.001, logBase: true) },
///         FrozenStages = space.UniformInt("FrozenStages", 2, 4),
///     },
///     new SearchSettings { Method = new SuccessiveHalving(), MaxTrials = 9, TimeBudget = TimeSpan.FromMinutes(20) });
/// using var found = search.Execute(rows);
/// Console.WriteLine(found.Search);
/// ml.Model.Save(found.Model, rows.Schema, "model.zip");
/// </code></example>
public sealed class TorchImageClassificationSearch : IEstimator<TorchImageClassificationTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly Func<SearchSpace, TorchImageClassificationTrainer.Options> _options;

    internal TorchImageClassificationSearch(
        IHostEnvironment environment, Func<SearchSpace, TorchImageClassificationTrainer.Options> options, SearchSettings settings)
    {
        (_environment, _host) = (environment, environment.Register(nameof(TorchImageClassificationSearch)));
        (_options, Settings) = (options, settings);
    }

    /// <summary>How the search is done.</summary>
    public SearchSettings Settings { get; }

    /// <summary>The columns that the model adds, as the first trial of the search space has them.</summary>
    /// <exception cref="ArgumentException">A column is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        new TorchImageClassificationTrainer(_environment, _options(new SearchSpace(Settings.Seed, draw: 0))).GetOutputSchema(inputSchema);

    /// <summary>Searches, and returns the model alone.</summary>
    /// <inheritdoc cref="Execute"/>
    public TorchImageClassificationTransformer Fit(IDataView input) => Execute(input).Model;

    /// <summary>
    /// Searches. A trial that fails is recorded; the search goes on. With <see cref="SearchSettings.Directory"/>, a search that was
    /// stopped, or killed, is gone on with by the next call.
    /// </summary>
    /// <param name="input">
    /// Rows to learn from; those that trials are compared on are held out of them, or are
    /// <see cref="TorchImageClassificationTrainer.Options.ValidationSet"/>. Test rows are to be in neither.
    /// </param>
    /// <param name="token">Stops the search between two batches.</param>
    /// <exception cref="InvalidOperationException">All trials failed, or the folder is of another search.</exception>
    /// <exception cref="IOException">The folder or the report cannot be written, or another search is in the folder.</exception>
    /// <exception cref="OperationCanceledException">The search was stopped.</exception>
    /// <exception cref="QuantizationDropException">
    /// The best model is right less often in the numbers of its options than they allow.
    /// </exception>
    public TorchImageClassificationSearchResult Execute(IDataView input, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var channel = _host.Start("Search");
        using var folder = new SearchFolder(Settings.Directory);
        using var data = new TrainingDataShelf();
        var seed = (int?)SearchJournal.Find(folder.Path, Settings)?.RunSeed ?? _host.Rand.Next();
        var settings = Settings with
        {
            TrialCallback = trial =>
            {
                channel.Info(MessageSensitivity.None, "{0}", trial);
                Settings.TrialCallback?.Invoke(trial);
            },
        };
        var task = new SearchTask<TorchImageClassificationTrainer.Options>
        {
            Make = space => RequireValidation(_options(space)),
            PlanOf = options => CreateTrainer(options).PlanWith(seed),
            NetworkOf = options => options.SizedNetwork,
            Train = (options, directory, watcher, stop) => With(
                options, watcher, trainer => trainer.Try(input, (seed, directory), data), stop),
            RunSeed = seed,
        };
        var (best, table) = new SearchRun<TorchImageClassificationTrainer.Options>(settings, folder.Path, task, token).Run();
        TorchImageClassificationTransformer? model = null;
        var checkpoint = SearchRun<TorchImageClassificationTrainer.Options>.FolderOf(best, folder.Path);
        var end = new FinishedTrial(best.Record.Epochs);
        With(best.Settings!, end, trainer => model = trainer.Finish(input, (seed, checkpoint), data), token);
        return new TorchImageClassificationSearchResult(table, best.Settings!, model!);
    }

    private static TorchImageClassificationTrainer.Options RequireValidation(TorchImageClassificationTrainer.Options options) =>
        options.ValidationSet is not null || options.ValidationSetFraction is > 0
            ? options
            : throw new InvalidOperationException(
                "Trials are compared on validation rows, but the options have none; set ValidationSetFraction or ValidationSet.");

    private TorchImageClassificationTrainer CreateTrainer(TorchImageClassificationTrainer.Options options) => new(_environment, options);

    // Runs with a watcher behind all others, until either the trial's own options or the search stop it.
    private void With(
        TorchImageClassificationTrainer.Options options, TrainingCallback watcher, Action<TorchImageClassificationTrainer> run,
        CancellationToken stop)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, stop);
        run(CreateTrainer(options with
        {
            CancellationToken = cancellation.Token,
            OnCancellation = CancellationOutcome.Throw,
            CheckpointInterval = new CheckpointInterval(),
            Callbacks = [.. options.Callbacks, watcher],
        }));
    }
}
