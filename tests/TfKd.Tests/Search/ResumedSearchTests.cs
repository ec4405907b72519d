using System.Text.Json.Nodes;

namespace TfKd.Tests;

public sealed class ResumedSearchTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-resumed-search-").FullName;

    public static TheoryData<SearchMethod> Methods => [new RandomSearch(), new SuccessiveHalving { Reduction = 2, Rungs = 3 }];

    private SearchSettings Kept => SearchCase.Settings with { Directory = Path.Combine(_directory, "search") };

    private string Journal => Path.Combine(_directory, "search", "search.json");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_resumed_search_ends_with_the_table_of_an_unbroken_one(SearchMethod method)
    {
        using var unbroken = SearchCase.Run(SearchCase.Settings with { Method = method });
        var epochs = unbroken.Search.Trials.Sum(trial => trial.Epochs);
        var settings = Kept with { Method = method };
        var trained = 0;
        // Within an epoch each time, of another trial each time.
        for (var stop = 2; stop < epochs; stop += 3)
        {
            using var source = new CancellationTokenSource();
            var here = stop - trained;
            var counter = new SearchCase.Counter { AtEpoch = epoch => { if (epoch == here) source.Cancel(); } };
            Assert.ThrowsAny<OperationCanceledException>(() =>
                SearchCase.Run(settings, space => SearchCase.Plan(space) with { Callbacks = [counter] }, source.Token));
            trained += counter.Epochs;
        }

        var last = new SearchCase.Counter();
        using var resumed = SearchCase.Run(settings, space => SearchCase.Plan(space) with { Callbacks = [last] });
        Assert.Equal(epochs, trained + last.Epochs);
        Assert.Equal(SearchCase.Timeless(unbroken.Search), SearchCase.Timeless(resumed.Search));
        Assert.Equal(SearchCase.WeightsOf(unbroken.Student), SearchCase.WeightsOf(resumed.Student));
    }

    [Fact]
    public void A_halving_that_goes_on_compares_with_those_that_failed_later()
    {
        var settings = Kept with { MaxTrials = 8, Method = new SuccessiveHalving { Reduction = 2, Rungs = 3 } };
        using var unbroken = SearchCase.Run(settings with { Directory = null }, Failing);
        Assert.Contains(unbroken.Search.Trials, trial => trial.State == SearchTrialState.Failed);
        using var source = new CancellationTokenSource();
        // The first rung takes 8 epochs, the second one of each that went on.
        var counter = new SearchCase.Counter { AtEpoch = epoch => { if (epoch == 12) source.Cancel(); } };
        Assert.ThrowsAny<OperationCanceledException>(() => SearchCase.Run(
            settings, space => Failing(space) is var plan ? plan with { Callbacks = [counter, .. plan.Callbacks] } : plan, source.Token));
        using var resumed = SearchCase.Run(settings, Failing);
        Assert.Equal(SearchCase.Timeless(unbroken.Search), SearchCase.Timeless(resumed.Search));

        static TrainingPlan Failing(SearchSpace space)
        {
            var plan = SearchCase.Plan(space);
            return plan with
            {
                Callbacks =
                [
                    new WatchedRun.Watcher
                    {
                        EpochEnd = state =>
                        {
                            if (state.History.Count == 2 && plan.Augmentations.Count > 0)
                                throw new InvalidOperationException("It fails.");
                        },
                    },
                ],
            };
        }
    }

    [Fact]
    public void A_random_search_of_fewer_trials_keeps_what_was_found()
    {
        var settings = Kept with { Metric = ValidationMetric.Loss };
        using var longer = SearchCase.Run(settings);
        Assert.NotEqual(1, longer.Search.Best.Number);
        using var shorter = SearchCase.Run(settings with { MaxTrials = 1 });
        Assert.Equal(SearchCase.Timeless(longer.Search), SearchCase.Timeless(shorter.Search));
        Assert.Equal(SearchCase.WeightsOf(longer.Student), SearchCase.WeightsOf(shorter.Student));
    }

    [Fact]
    public void A_finished_search_trains_nothing()
    {
        using var first = SearchCase.Run(Kept);
        using var again = SearchCase.Run(Kept, space => SearchCase.Plan(space) with
        {
            Callbacks = [new WatchedRun.Watcher { BatchEnd = _ => Assert.Fail("a batch ran") }],
        });
        Assert.Equal(first.Search.Trials.Select(trial => $"{trial}"), again.Search.Trials.Select(trial => $"{trial}"));
        Assert.Equal(SearchCase.WeightsOf(first.Student), SearchCase.WeightsOf(again.Student));
        // Of those that came to their end, only the best could ever be asked for.
        Assert.Equal(
            [$"trial-{first.Search.Best.Number}"], Directory.GetDirectories(Kept.Directory!).Select(folder => Path.GetFileName(folder)));
    }

    [Fact]
    public void A_random_search_may_become_longer()
    {
        SearchCase.Run(Kept with { MaxTrials = 2 }).Dispose();
        using var longer = SearchCase.Run(Kept);
        using var unbroken = SearchCase.Run(SearchCase.Settings);
        Assert.Equal(SearchCase.Timeless(unbroken.Search), SearchCase.Timeless(longer.Search));
    }

    [Fact]
    public void A_search_that_the_time_was_up_for_goes_on_with_more()
    {
        using (var first = SearchCase.Run(Kept with { TimeBudget = TimeSpan.FromTicks(1) }))
            Assert.Equal(SearchTrialState.Stopped, Assert.Single(first.Search.Trials).State);
        using var longer = SearchCase.Run(Kept);
        using var unbroken = SearchCase.Run(SearchCase.Settings);
        Assert.Equal(SearchCase.Timeless(unbroken.Search), SearchCase.Timeless(longer.Search));
    }

    [Fact]
    public void A_failed_trial_is_not_tried_again()
    {
        SearchCase.Run(Kept, space => Failing(space, new KnowledgeDistillation())).Dispose();
        using var again = SearchCase.Run(Kept, space => Failing(space, new KnowledgeDistillation()));
        Assert.Contains(again.Search.Trials, trial => trial.State == SearchTrialState.Failed);
        Assert.Contains(again.Search.Trials, trial => trial.State == SearchTrialState.Finished);

        static TrainingPlan Failing(SearchSpace space, Objective failing) =>
            SearchCase.Plan(space) with { Objective = space.Choice("Objective", new CrossEntropy(), failing) };
    }

    [Fact]
    public void Another_search_does_not_go_on_with_it()
    {
        SearchCase.Run(Kept with { MaxTrials = 1 }).Dispose();
        Assert.Equal(
            $"'{Journal}' is of another search; choose another folder, or delete it. There it is {new RandomSearch()} by Accuracy, seed 3, "
                + $"here {new RandomSearch()} by Loss, seed 3.",
            Refusal(() => SearchCase.Run(Kept with { Metric = ValidationMetric.Loss })));
        Assert.StartsWith(
            $"'{Journal}' is of another search; choose another folder, or delete it. Trial 1 has settings LearningRate ",
            Refusal(() => SearchCase.Run(Kept, space => new TrainingPlan { BatchSize = space.UniformInt("BatchSize", 8, 16) })),
            StringComparison.Ordinal);
        Assert.Equal(
            $"'{Journal}' is of another search; choose another folder, or delete it. Trial 1 has another plan or network for the same "
                + "settings.",
            Refusal(() => SearchCase.Run(Kept, space => SearchCase.Plan(space) with { BatchSize = 8 })));

        static string Refusal(Action run) => Assert.Throws<InvalidOperationException>(run).Message;
    }

    [Fact]
    public void What_is_no_journal_is_refused()
    {
        Directory.CreateDirectory(Kept.Directory!);
        File.WriteAllText(Journal, "{");
        Assert.StartsWith(
            $"'{Journal}' does not say what a search found; delete it to begin anew: ",
            Assert.Throws<InvalidDataException>(() => SearchCase.Run(Kept)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(Journal, new JsonObject { ["Search"] = "x", ["Trials"] = new JsonArray(new JsonObject()) }.ToJsonString());
        Assert.Throws<InvalidDataException>(() => SearchCase.Run(Kept));
        File.WriteAllText(Journal, "{}");
        Assert.Equal(
            $"'{Journal}' does not say what a search found; delete it to begin anew: expected its trials, found none.",
            Assert.Throws<InvalidDataException>(() => SearchCase.Run(Kept)).Message);
    }

    [Fact]
    public void Two_searches_are_not_in_one_folder()
    {
        var message = "";
        SearchCase.Run(Kept with
        {
            MaxTrials = 1,
            TrialCallback = _ => message = Assert.Throws<IOException>(() => SearchCase.Run(Kept)).Message,
        }).Dispose();
        Assert.Equal(
            $"The search's Directory '{Kept.Directory}' is of no use: expected a folder that can be made and written to, found: another "
                + "run is using it; give each run a folder of its own, or wait until that one has ended.",
            message);
    }
}
