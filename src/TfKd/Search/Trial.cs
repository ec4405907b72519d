namespace TfKd;

/// <summary>A trial of a search: its settings, and what became of it so far.</summary>
internal sealed class Trial<T>
{
    private Trial(TrialRecord record, T? settings, TrainingPlan? plan) => (Record, Settings, Plan) = (record, settings, plan);

    public TrialRecord Record { get; set; }

    /// <summary>What is trained; nothing where it could not be made.</summary>
    public T? Settings { get; }

    /// <summary>The plan of it; null where it could not be made.</summary>
    public TrainingPlan? Plan { get; }

    public bool HasFailed => Record.Error is not null;

    /// <summary>How good it was at the end of its last rung, higher being better; before that, of the epochs that it has.</summary>
    public double Rank => Record.Ranks.Count > 0 ? Record.Ranks[^1] : Record.Rank ?? double.NegativeInfinity;

    /// <summary>Draws trials whose settings are not those of another; fewer, where there are not as many.</summary>
    /// <param name="settings">How many, and by which seed.</param>
    /// <param name="task">What they are.</param>
    public static List<Trial<T>> Draw(SearchSettings settings, SearchTask<T> task)
    {
        // By chance all of n equally likely settings are drawn after n (ln n + 5) draws, but for one time in a hundred and fifty.
        const int MostRepetitions = 1000;
        var (trials, known, repeated) = (new List<Trial<T>>(), new HashSet<string>(StringComparer.Ordinal), 0);
        for (var draw = 0L; trials.Count < settings.MaxTrials && repeated < MostRepetitions; draw++)
        {
            var trial = Make(new SearchSpace(settings.Seed, draw), trials.Count + 1, task);
            if (known.Add(string.Join('\n', trial.Record.Settings)))
                trials.Add(trial);
            else
                repeated++;
        }

        return trials;
    }

    private static Trial<T> Make(SearchSpace space, int number, SearchTask<T> task)
    {
        try
        {
            var settings = task.Make(space);
            var plan = task.PlanOf(settings);
            var record = new TrialRecord
            {
                Number = number,
                Settings = space.Values,
                Seed = plan.Seed,
                Identity = Identify(plan, task.NetworkOf(settings)),
            };
            return new(record, settings, plan);
        }
        catch (Exception exception) when (SearchRun<T>.IsOfTrial(exception))
        {
            var record = new TrialRecord { Number = number, Settings = space.Values, Error = SearchRun<T>.Describe(exception) };
            return new(record, default, null);
        }
    }

    private static string? Identify(TrainingPlan plan, NetworkArchitecture network)
    {
        try
        {
            return CanonicalText.Hash(CanonicalText.Of((nameof(TrainingPlan), plan.Essence), ("Network", network)));
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
