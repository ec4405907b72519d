namespace TfKd;

/// <summary>The search itself: rung by rung, trial by trial, with what it found on disk after each.</summary>
/// <param name="settings">How it is done.</param>
/// <param name="directory">Its folder.</param>
/// <param name="task">What is tried.</param>
/// <param name="token">Stops it, to be gone on with.</param>
internal sealed class SearchRun<T>(SearchSettings settings, string directory, SearchTask<T> task, CancellationToken token)
{
    private List<Trial<T>> _trials = Trial<T>.Draw(settings, task);

    private SearchMethod Method => settings.Method;

    private TimeSpan Spent => TimeSpan.FromTicks(_trials.Sum(trial => trial.Record.Time.Ticks));

    private bool IsTimeUp => settings.TimeBudget is { } budget && Spent >= budget;

    /// <summary>Whether an exception is a trial's own, and not one of the disk, or of who stops the search.</summary>
    public static bool IsOfTrial(Exception exception) =>
        exception is not (OperationCanceledException or OutOfMemoryException or IOException or UnauthorizedAccessException);

    /// <summary>An exception in a table.</summary>
    public static string Describe(Exception exception) => $"{exception.GetType().Name}: {exception.Message}";

    /// <summary>The folder of a trial's checkpoint.</summary>
    public static string FolderOf(Trial<T> trial, string directory) =>
        Path.Combine(directory, FormattableString.Invariant($"trial-{trial.Record.Number}"));

    /// <summary>Searches.</summary>
    /// <returns>The best trial, and the table.</returns>
    /// <exception cref="InvalidOperationException">All trials failed, or the folder is of another search.</exception>
    public (Trial<T> Best, SearchResult Table) Run()
    {
        OneProcess.Require("A search", _trials.Select(trial => trial.Plan));
        Recall();
        if (settings.ReportPath is { } path)
            ReportFile.Write(nameof(SearchSettings), path, SearchPage.Of(ToTable()));
        Search();
        var table = ToTable();
        if (Best() is { } best)
            return (best, table);
        // What made all of them fail may be repaired.
        File.Delete(SearchJournal.PathIn(directory));
        throw new InvalidOperationException(
            $"None of the {table.Trials.Count} trials of the search could be trained. The first: {table.Trials[0].Error}");
    }

    // What is kept of another space must not stand in this one's table.
    private void Recall()
    {
        if (SearchJournal.Find(directory, settings) is not { } journal)
            return;
        // Of a search that was longer before, all that was found is in the table.
        if (journal.Trials.Count > _trials.Count)
            _trials = Trial<T>.Draw(settings with { MaxTrials = journal.Trials.Count }, task);
        foreach (var (record, trial) in journal.Trials.Zip(_trials))
        {
            if (!record.Settings.SequenceEqual(trial.Record.Settings))
                throw Refuse(record, $"settings {Join(record)} there, {Join(trial.Record)} here");
            // One that failed may have had no plan yet.
            if (record.Identity != trial.Record.Identity)
                throw Refuse(record, "another plan or network for the same settings");
            trial.Record = record;
        }

        static string Join(TrialRecord record) => string.Join(", ", record.Settings.Select(value => $"{value.Name} {value.Text}"));
    }

    private InvalidOperationException Refuse(TrialRecord record, string difference) => new(
        $"'{SearchJournal.PathIn(directory)}' is of another search; choose another folder, or delete it. "
        + $"Trial {record.Number} has {difference}.");

    private void Search()
    {
        var alive = _trials.Take(settings.MaxTrials).ToList();
        for (var rung = 0; rung < Method.RungCount; rung++)
        {
            foreach (var trial in alive)
            {
                if (trial.Record.Ranks.Count > rung || trial.HasFailed)
                    continue;
                if (IsTimeUp)
                    return;
                Advance(trial, rung);
                if (rung == Method.RungCount - 1)
                    RemoveBeaten();
            }

            // Its trial at work was stopped.
            if (alive.Exists(trial => !trial.HasFailed && trial.Record.Ranks.Count <= rung))
                return;
            // With one that failed in a later rung before the search was gone on with: the others are compared with it, as they were.
            alive = [.. alive.Where(trial => trial.Record.Ranks.Count > rung).OrderByDescending(trial => trial.Record.Ranks[rung])];
            if (rung < Method.RungCount - 1)
                alive = LeaveBehind(alive);
        }
    }

    private List<Trial<T>> LeaveBehind(List<Trial<T>> byRank)
    {
        var kept = Method.KeptOf(byRank.Count);
        foreach (var trial in byRank.Skip(kept))
        {
            trial.Record = trial.Record with { IsLeftBehind = true };
            RemoveCheckpoint(trial);
        }

        Write();
        return byRank[..Math.Min(kept, byRank.Count)];
    }

    private void Advance(Trial<T> trial, int rung)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(token);
        var isLast = rung == Method.RungCount - 1;
        var others = Spent - trial.Record.Time;
        var watcher = new TrialWatcher(
            isLast ? int.MaxValue : Method.EpochsAt(rung, trial.Plan!.MaxEpochs),
            time => settings.TimeBudget is { } budget && others + time >= budget,
            pause);
        try
        {
            task.Train(trial.Settings!, FolderOf(trial, directory), watcher, pause.Token);
            trial.Record = Note(trial, watcher, isAtEnd: true);
        }
        catch (OperationCanceledException) when (watcher.IsPaused && !token.IsCancellationRequested)
        {
            var isAtEnd = !isLast && watcher.Epochs >= Method.EpochsAt(rung, trial.Plan!.MaxEpochs);
            trial.Record = Note(trial, watcher, isAtEnd);
        }
        catch (Exception exception) when (IsOfTrial(exception))
        {
            trial.Record = Note(trial, watcher, isAtEnd: false) with { Error = Describe(exception) };
            RemoveCheckpoint(trial);
        }

        Write();
        settings.TrialCallback?.Invoke(trial.Record.ToTrial(settings));
    }

    private TrialRecord Note(Trial<T> trial, TrialWatcher watcher, bool isAtEnd)
    {
        var rank = watcher.Best is { } best ? settings.Metric.ValueOf(best) : null;
        return trial.Record with
        {
            Epochs = watcher.Epochs,
            Validation = watcher.Best?.Validation,
            Rank = rank,
            Time = watcher.Time,
            Ranks = isAtEnd ? [.. trial.Record.Ranks, rank!.Value] : trial.Record.Ranks,
        };
    }

    // Of the trials that have come to their end only the best is ever made a model of.
    private void RemoveBeaten()
    {
        var best = Best();
        foreach (var trial in _trials.Where(trial => trial != best && trial.Record.Ranks.Count == Method.RungCount))
            RemoveCheckpoint(trial);
    }

    private void RemoveCheckpoint(Trial<T> trial)
    {
        var folder = FolderOf(trial, directory);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private Trial<T>? Best() => _trials
        .Where(trial => !trial.HasFailed && trial.Record.Rank is not null)
        .OrderByDescending(trial => trial.Record.Ranks.Count)
        .ThenBy(trial => trial.Record.IsLeftBehind)
        .ThenByDescending(trial => trial.Rank)
        .FirstOrDefault();

    private IEnumerable<TrialRecord> Begun => _trials
        .Select(trial => trial.Record)
        .Where(record => record.Error is not null || record.Epochs > 0);

    private void Write()
    {
        // In order, so that a search that goes on finds the first of them: none that has begun is behind one that has not.
        var last = Begun.Max(record => record.Number);
        new SearchJournal(SearchJournal.Describe(settings), task.RunSeed, [.. _trials.Take(last).Select(trial => trial.Record)])
            .Write(directory);
        if (settings.ReportPath is not { } path)
            return;
        try
        {
            ReportFile.Write(nameof(SearchSettings), path, SearchPage.Of(ToTable()));
        }
        catch (IOException)
        {
            // Somebody has it open: what was found is in the journal, and the next trial writes the page again.
        }
    }

    private SearchResult ToTable() => new(
        [.. Begun.Select(record => record.ToTrial(settings))], Best()?.Record.Number, settings.Metric, $"{Method}");
}
