using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>What a search has found so far, in a file of its folder that is replaced as a whole.</summary>
/// <param name="Search">What makes it the same search.</param>
/// <param name="RunSeed">The seed of the runs, where their plans do not have it; null where they do.</param>
/// <param name="Trials">The trials that were begun.</param>
internal sealed record SearchJournal(string Search, long? RunSeed, IReadOnlyList<TrialRecord> Trials)
{
    private const string FileName = "search.json";

    // Calibrated scores of nothing are no numbers.
    private static readonly JsonSerializerOptions _json = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <summary>What makes a search the same: not its length, where a longer one begins as a shorter one does.</summary>
    public static string Describe(SearchSettings settings) => InvariantText.Of(() =>
        $"{settings.Method} by {settings.Metric}, seed {settings.Seed}"
        + (settings.Method.DependsOnTrials ? $", {settings.MaxTrials} trials" : ""));

    /// <summary>Where the file of a folder is.</summary>
    public static string PathIn(string directory) => Path.Combine(directory, FileName);

    /// <summary>What is in a folder; null where nothing is.</summary>
    /// <exception cref="InvalidDataException">It is no journal.</exception>
    /// <exception cref="InvalidOperationException">It is that of another search.</exception>
    public static SearchJournal? Find(string directory, SearchSettings settings)
    {
        var path = PathIn(directory);
        if (!File.Exists(path))
            return null;
        var journal = Read(path);
        var search = Describe(settings);
        return journal.Search == search
            ? journal
            : throw new InvalidOperationException(
                $"'{path}' is of another search; choose another folder, or delete it. There it is {journal.Search}, here {search}.");
    }

    public void Write(string directory) =>
        AtomicFile.Write(PathIn(directory), stream => JsonSerializer.Serialize(stream, this, _json));

    private static SearchJournal Read(string path)
    {
        try
        {
            if (JsonSerializer.Deserialize<SearchJournal>(File.ReadAllText(path), _json) is { Search: not null, Trials: { } trials } journal
                && trials.All(trial => trial is { Settings: not null, Ranks: not null }))
                return journal;
        }
        catch (JsonException exception)
        {
            throw Damaged(path, exception.Message, exception);
        }

        throw Damaged(path, "expected its trials, found none.", cause: null);
    }

    private static InvalidDataException Damaged(string path, string found, Exception? cause) =>
        new($"'{path}' does not say what a search found; delete it to begin anew: {found}", cause);
}
