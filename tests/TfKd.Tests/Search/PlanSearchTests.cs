namespace TfKd.Tests;

public sealed class PlanSearchTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-plan-search-").FullName;

    private SearchSettings Kept => SearchCase.Settings with { Directory = Path.Combine(_directory, "search") };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_best_trial_is_that_of_the_best_score_and_its_network_that_of_its_plan()
    {
        var seen = new List<SearchTrial>();
        using var found = SearchCase.Run(SearchCase.Settings with { TrialCallback = seen.Add });
        var table = found.Search;
        Assert.Equal([1, 2, 3, 4], table.Trials.Select(trial => trial.Number));
        Assert.Equal(table.Trials, seen);
        Assert.All(table.Trials, trial =>
        {
            Assert.Equal((SearchTrialState.Finished, 4, 5L), (trial.State, trial.Epochs, trial.Seed));
            Assert.Equal(["LearningRate", "Augmentations"], trial.Settings.Select(value => value.Name));
            Assert.Equal(trial.Validation!.Top1, trial.Score);
            Assert.True(trial.Time > TimeSpan.Zero);
        });
        Assert.Equal(4, table.Trials.Select(trial => trial.Validation!.NegativeLogLikelihood).Distinct().Count());
        Assert.Same(table.Trials.OrderByDescending(trial => trial.Score).First(), table.Best);
        Assert.Equal($"{((Sgd)found.Plan.Optimizer).LearningRate}", table.Best.Settings[0].Text);
        Assert.Equal(table.Best.Validation, found.Result.Best.Validation);
        Assert.Equal(SearchCase.WeightsOf(found.Plan), SearchCase.WeightsOf(found.Student));
    }

    [Fact]
    public void By_loss_the_lowest_is_the_best()
    {
        using var found = SearchCase.Run(SearchCase.Settings with { Metric = ValidationMetric.Loss });
        Assert.Equal(found.Search.Trials.Min(trial => trial.Validation!.NegativeLogLikelihood), found.Search.Best.Score);
    }

    [Fact]
    public void A_trial_that_fails_is_recorded_and_the_search_goes_on()
    {
        using var found = SearchCase.Run(SearchCase.Settings with { MaxTrials = 12 }, space =>
        {
            var plan = SearchCase.Plan(space) with { MaxEpochs = 1 };
            return space.Choice("Kind", "good", "diverges", "refused", "not made") switch
            {
                "diverges" => plan with { Optimizer = new Sgd { LearningRate = 1e30 } },
                "refused" => plan with { Objective = new KnowledgeDistillation() },
                "not made" => plan with { BatchSize = 0 },
                _ => plan,
            };
        });
        var kinds = found.Search.Trials.ToLookup(trial => trial.Settings[^1].Text);
        Assert.Equal(["diverges", "good", "not made", "refused"], kinds.Select(kind => kind.Key).Order(StringComparer.Ordinal));
        Assert.Equal("good", found.Search.Best.Settings[^1].Text);
        Assert.All(kinds["diverges"], trial => Assert.StartsWith("TrainingDivergedException: ", trial.Error, StringComparison.Ordinal));
        Assert.All(kinds["refused"], trial => Assert.StartsWith("InvalidOperationException: ", trial.Error, StringComparison.Ordinal));
        Assert.All(kinds["not made"], trial => Assert.StartsWith(
            "ArgumentOutOfRangeException: BatchSize must be above 0 and finite, but is 0.", trial.Error, StringComparison.Ordinal));
        Assert.All(found.Search.Trials.Where(trial => trial.Error is not null), trial =>
            Assert.Equal((SearchTrialState.Failed, null, null), (trial.State, trial.Score, trial.Validation)));
    }

    [Fact]
    public void A_search_whose_trials_all_fail_says_why_and_can_be_repaired()
    {
        var message = Assert.Throws<InvalidOperationException>(() =>
            SearchCase.Run(Kept, space => SearchCase.Plan(space) with { Objective = new KnowledgeDistillation() })).Message;
        Assert.StartsWith(
            "None of the 4 trials of the search could be trained. The first: InvalidOperationException: ",
            message,
            StringComparison.Ordinal);
        using var found = SearchCase.Run(Kept);
        Assert.Equal(4, found.Search.Trials.Count);
    }

    [Fact]
    public void A_small_space_is_tried_out_whole()
    {
        using var found = SearchCase.Run(SearchCase.Settings with { MaxTrials = 10 }, space => SearchCase.Plan(new SearchSpace(0, 0)) with
        {
            MaxEpochs = 1,
            BatchSize = space.Choice("BatchSize", 8, 16, 24),
        });
        Assert.Equal(["16", "24", "8"], found.Search.Trials.Select(trial => trial.Settings[0].Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Halving_goes_on_with_the_best_and_trains_no_epoch_twice()
    {
        var counter = new SearchCase.Counter();
        var settings = SearchCase.Settings with { MaxTrials = 8, Method = new SuccessiveHalving { Reduction = 2, Rungs = 3 } };
        var seen = new List<SearchTrial>();
        using var found = SearchCase.Run(
            settings with { TrialCallback = seen.Add }, space => SearchCase.Plan(space) with { Callbacks = [counter] });
        var trials = found.Search.Trials;
        Assert.Equal([4, 4, 2, 2, 1, 1, 1, 1], trials.Select(trial => trial.Epochs).OrderDescending());
        Assert.Equal(16, counter.Epochs);
        Assert.All(trials, trial =>
            Assert.Equal(trial.Epochs == 4 ? SearchTrialState.Finished : SearchTrialState.LeftBehind, trial.State));
        // After one epoch, and after two, no one that was left behind was better than one that went on.
        for (var epochs = 1; epochs <= 2; epochs++)
        {
            var scores = seen.Where(trial => trial.Epochs == epochs).ToLookup(
                trial => trials[trial.Number - 1].Epochs > epochs, trial => trial.Score);
            Assert.True(scores[true].Min() >= scores[false].Max());
        }

        Assert.Equal(4, found.Search.Best.Epochs);
        Assert.Equal(SearchCase.WeightsOf(found.Plan with { Callbacks = [] }), SearchCase.WeightsOf(found.Student));
        Assert.Equal(4, found.Result.History.Count);
    }

    [Fact]
    public void The_best_is_one_that_was_left_behind_where_those_that_went_on_failed()
    {
        using var found = SearchCase.Run(
            SearchCase.Settings with { Method = new SuccessiveHalving { Reduction = 2, Rungs = 3 } },
            space => SearchCase.Plan(space) with { Callbacks = [FailingAt(epoch: 2)] });
        Assert.Equal((SearchTrialState.LeftBehind, 1), (found.Search.Best.State, found.Search.Best.Epochs));
        Assert.Equal(2, found.Search.Trials.Count(trial => trial.State == SearchTrialState.Failed));
        // Its checkpoint is gone, and the network is not the initial one.
        Assert.Single(found.Result.History);
        Assert.Equal(found.Search.Best.Validation, Evaluator.Evaluate(found.Student, SearchCase.Validation, 16));
    }

    [Fact]
    public void Several_processes_are_refused()
    {
        Assert.Equal(
            "A search runs in one process, but Replicas has 2; do it without Replicas, then train with what was found.",
            Assert.Throws<InvalidOperationException>(() =>
                SearchCase.Run(SearchCase.Settings, space => SearchCase.Plan(space) with { Replicas = new TwoProcesses() })).Message);
        var plan = SearchCase.Plan(new SearchSpace(0, 0)) with { Replicas = new TwoProcesses() };
        Assert.StartsWith(
            "The learning rate finder runs in one process, ",
            Assert.Throws<InvalidOperationException>(
                () => new LearningRateFinder().Run(plan, SearchCase.Network, SearchCase.Training)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_teacher_is_reported_of_a_trial_that_was_paused()
    {
        using var found = SearchCase.Run(
            SearchCase.Settings with { MaxTrials = 2, Method = new SuccessiveHalving { Reduction = 2, Rungs = 2 } },
            space => SearchCase.Plan(space) with { Objective = new KnowledgeDistillation(), Teacher = new SelfTeacher() });
        Assert.NotNull(found.Result.TeacherReport);
    }

    [Fact]
    public void A_trial_that_stops_itself_is_finished()
    {
        using var found = SearchCase.Run(
            SearchCase.Settings with { MaxTrials = 2, Method = new SuccessiveHalving { Reduction = 2, Rungs = 2 } },
            space => SearchCase.Plan(space) with
            {
                Callbacks = [new WatchedRun.Watcher { EpochEnd = state => state.RequestStop("enough") }],
            });
        Assert.Equal([SearchTrialState.Finished, SearchTrialState.LeftBehind], found.Search.Trials.Select(trial => trial.State).Order());
        Assert.All(found.Search.Trials, trial => Assert.Equal(1, trial.Epochs));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_the_time_is_up_the_trial_at_work_ends_with_its_epoch(bool withTeacher)
    {
        using var found = SearchCase.Run(
            SearchCase.Settings with { TimeBudget = TimeSpan.FromTicks(1) },
            space => withTeacher
                ? SearchCase.Plan(space) with { Objective = new KnowledgeDistillation(), Teacher = new SelfTeacher() }
                : SearchCase.Plan(space));
        var trial = Assert.Single(found.Search.Trials);
        Assert.Equal((SearchTrialState.Stopped, 1), (trial.State, trial.Epochs));
        Assert.Equal(trial.Validation!.Top1, trial.Score);
        Assert.Equal("The search ended with this epoch.", found.Result.StopReason);
        Assert.Null(found.Result.TeacherReport);
        Assert.Equal(trial.Validation, Evaluator.Evaluate(found.Student, SearchCase.Validation, 16));
    }

    [Fact]
    public void A_trial_that_was_stopped_is_behind_those_that_came_to_their_end()
    {
        var settings = Kept with { MaxTrials = 3 };
        SearchCase.Run(settings with { MaxTrials = 1 }).Dispose();
        TimeSpan spent;
        using (var first = SearchCase.Run(settings with { MaxTrials = 1 }))
            spent = first.Search.Best.Time;
        using var found = SearchCase.Run(settings with { TimeBudget = spent + TimeSpan.FromTicks(1) });
        Assert.Equal([SearchTrialState.Finished, SearchTrialState.Stopped], found.Search.Trials.Select(trial => trial.State));
        Assert.Equal(1, found.Search.Best.Number);
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        Assert.Equal(
            "Reduction must be 2 or above, but is 1. (Parameter 'Reduction')\nActual value was 1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new SuccessiveHalving { Reduction = 1 }).Message.ReplaceLineEndings("\n"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SuccessiveHalving { Rungs = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SearchSettings { MaxTrials = 0 });
        Assert.StartsWith(
            "TimeBudget must be above 0 or null, but is 00:00:00.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new SearchSettings { TimeBudget = TimeSpan.Zero }).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SearchSettings { Directory = "" });
        Assert.Throws<ArgumentException>(() => new SearchSettings { ReportPath = "" });
    }

    private static WatchedRun.Watcher FailingAt(int epoch) => new()
    {
        EpochEnd = state =>
        {
            if (state.History.Count == epoch)
                throw new InvalidOperationException("It fails.");
        },
    };

    private sealed class TwoProcesses : Replicas
    {
        public override int Rank => 0;

        public override int Count => 2;

        public override void Sum(Span<float> values) => throw new NotSupportedException();

        public override void Sum(Span<double> values) => throw new NotSupportedException();

        public override void Broadcast(Span<byte> bytes) => throw new NotSupportedException();

        public override void Abort(string reason) => throw new NotSupportedException();
    }
}
