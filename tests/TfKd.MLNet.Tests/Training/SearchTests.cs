using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>Searching options, as ML.NET's users call it.</summary>
public sealed class SearchTests : IDisposable
{
    private static readonly SearchSettings _settings = new() { MaxTrials = 3, Seed = 1 };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-search-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_model_is_that_of_a_fit_with_the_best_options()
    {
        var ml = new MLContext(seed: 1);
        using var found = Search(ml, _settings, Space).Execute(TrainingRuns.Rows(ml));
        Assert.Equal(3, found.Search.Trials.Count);
        Assert.All(found.Search.Trials, trial => Assert.Equal(SearchTrialState.Finished, trial.State));
        Assert.Equal(found.Search.Trials.Max(trial => trial.Score), found.Search.Best.Score);
        var best = found.Search.Best;
        var training = found.Model.Model.Card.Training;
        Assert.Equal(best.Seed, training.Seed);
        Assert.Equal(
            best.Validation!.Top1, training.Metrics.Single(metric => metric is { Name: "Top1", Split: "Validation" }).Value);

        // A Fit with the seed of the trials: held-out rows and weights are the same.
        using var data = new TrainingDataShelf();
        using var alone = new TorchImageClassificationTrainer(ml, found.Options).Finish(
            TrainingRuns.Rows(ml), ((int)best.Seed, Path.Combine(_directory, "alone")), data);
        Assert.Equal(Scores(ml, alone), Scores(ml, found.Model));
    }

    [Fact]
    public void Halving_decodes_once_and_leaves_a_table_and_a_report()
    {
        var (ml, decoded) = (new MLContext(seed: 1), 0);
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(90));
        var counted = ml.Transforms.CustomMapping<InputRow, InputRow>(
            (source, target) =>
            {
                Interlocked.Increment(ref decoded);
                (target.Number, target.Label, target.Image, target.Numbers) = (source.Number, source.Label, source.Image, source.Numbers);
            }, null).Fit(rows).Transform(rows);
        var report = Path.Combine(_directory, "search.html");
        var settings = _settings with { MaxTrials = 4, Method = new SuccessiveHalving { Reduction = 2, Rungs = 2 }, ReportPath = report };
        using var found = Search(ml, settings, Space).Execute(TestRows.WithKeys(ml, counted));
        Assert.Equal([3, 3, 2, 2], found.Search.Trials.Select(trial => trial.Epochs).OrderDescending());
        Assert.InRange(decoded, 90, 179);
        Assert.Contains("SuccessiveHalving", File.ReadAllText(report), StringComparison.Ordinal);
        Assert.Equal(5, found.Search.ToCsv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Photos_with_several_labels_are_searched_by_their_mean_average_precision()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(ShapePhotos.Make(60));
        using var found = Search(ml, _settings with { MaxTrials = 2, Directory = _directory }, space => MultiLabelProblem.Options with
        {
            MaxEpochs = 2,
            Optimizer = new Sgd { LearningRate = space.Choice("LearningRate", 0.01, 0.05) },
        }).Execute(rows);

        Assert.All(found.Search.Trials, trial =>
        {
            Assert.Equal((SearchTrialState.Finished, (ClassificationMetrics?)null), (trial.State, trial.Validation));
            Assert.InRange(trial.Score!.Value, 0.1, 1);
        });
        var metrics = found.Model.Model.Card.Training.Metrics;
        Assert.Contains(metrics, metric => metric.Split == "Validation" && metric.Value == found.Search.Best.Score);
        // The journal has what it takes to go on.
        using var again = Search(ml, _settings with { MaxTrials = 2, Directory = _directory }, space => MultiLabelProblem.Options with
        {
            MaxEpochs = 2,
            Optimizer = new Sgd { LearningRate = space.Choice("LearningRate", 0.01, 0.05) },
        }).Execute(rows);
        Assert.Equal(found.Search.ToMarkdown(), again.Search.ToMarkdown());
    }

    [Fact]
    public void Without_validation_rows_there_is_nothing_to_compare_trials_by()
    {
        var ml = new MLContext(seed: 1);
        var search = Search(ml, _settings, space => Space(space) with { ValidationSetFraction = null });
        Assert.Equal(
            "None of the 3 trials of the search could be trained. The first: InvalidOperationException: Trials are compared on validation "
                + "rows, but the options have none; set ValidationSetFraction or ValidationSet.",
            Assert.Throws<InvalidOperationException>(() => search.Execute(TrainingRuns.Rows(ml))).Message);
    }

    [Fact]
    public void It_is_an_estimator_of_a_pipeline()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(60));
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(Search(ml, _settings with { MaxTrials = 1 }, Space))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        Assert.Contains(pipeline.GetOutputSchema(Shapes.Of(rows.Schema)), column => column.Name == "PredictedLabel");
        var model = pipeline.Fit(rows);
        Assert.Equal(60, model.Transform(rows).GetColumn<string>("PredictedLabel").Count());
        (model as IDisposable).Dispose();
    }

    [Fact]
    public void Without_validation_rows_there_is_nothing_to_choose_by()
    {
        var ml = new MLContext(seed: 1);
        var search = Search(ml, _settings with { MaxTrials = 1 }, space => Space(space) with { ValidationSetFraction = null });
        var message = Assert.Throws<InvalidOperationException>(() => search.Execute(TrainingRuns.Rows(ml))).Message;
        Assert.StartsWith(
            "None of the 1 trials of the search could be trained. The first: InvalidOperationException: ",
            message,
            StringComparison.Ordinal);
        Assert.Contains("validation", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_is_gone_on_with_by_a_context_without_a_seed()
    {
        var settings = _settings with { Directory = _directory };
        var ml = new MLContext(seed: 1);
        using var unbroken = Search(ml, _settings, Space).Execute(TrainingRuns.Rows(ml));
        ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        var stopping = settings with { TrialCallback = _ => source.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(() => Search(ml, stopping, Space).Execute(TrainingRuns.Rows(ml), source.Token));
        ml = new MLContext();
        using var resumed = Search(ml, settings, Space).Execute(TrainingRuns.Rows(ml));
        Assert.Equal(Timeless(unbroken), Timeless(resumed));
        Assert.Equal(Scores(ml, unbroken.Model), Scores(ml, resumed.Model));

        static IEnumerable<string> Timeless(TorchImageClassificationSearchResult found) =>
            found.Search.Trials.Select(trial => $"{trial with { Time = TimeSpan.Zero }} {trial.Seed} {trial.Validation}");
    }

    [Fact]
    public void Options_that_contradict_themselves_are_a_trial_that_fails()
    {
        var ml = new MLContext(seed: 1);
        using var found = Search(ml, _settings with { MaxTrials = 10 }, space =>
            TrainingRuns.Options with { MaxEpochs = 1, FrozenStages = space.UniformInt("Frozen", 0, 1) }).Execute(TrainingRuns.Rows(ml));
        var states = found.Search.Trials.OrderBy(trial => trial.Settings[0].Text).ToList();
        Assert.Equal([SearchTrialState.Finished, SearchTrialState.Failed], states.Select(trial => trial.State));
        Assert.StartsWith(
            "ArgumentException: FrozenStages is 1, but the network starts from random weights;", states[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_learning_rate_is_found_and_changes_no_fit()
    {
        var ml = new MLContext(seed: 1);
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options);
        var curve = trainer.FindLearningRate(TrainingRuns.Rows(ml), new LearningRateFinder { MinRate = 1e-4, MaxRate = 0.1, Steps = 12 });
        Assert.Equal(12, curve.Points.Count);
        Assert.InRange(curve.Suggested, 1e-5, 0.1);
        using var model = trainer.Fit(TrainingRuns.Rows(ml));
        using var alone = TrainingRuns.Fit();
        Assert.Equal(Scores(ml, alone), Scores(ml, model));
    }

    private static TorchImageClassificationTrainer.Options Space(SearchSpace space) => TrainingRuns.Options with
    {
        Optimizer = new Sgd { LearningRate = space.UniformDouble("LearningRate", 0.0001, 0.1, logBase: true) },
    };

    private static TorchImageClassificationSearch Search(
        MLContext ml, SearchSettings settings, Func<SearchSpace, TorchImageClassificationTrainer.Options> options) =>
        ml.MulticlassClassification.Trainers.TuneTorchImageClassification(options, settings);

    private static List<float[]> Scores(MLContext ml, ITransformer model) =>
        [.. model.Transform(TrainingRuns.Rows(ml)).GetColumn<VBuffer<float>>("Score").Select(scores => scores.DenseValues().ToArray())];
}
