namespace OnnxServing;

/// <summary>
/// The rows of a shard as they are written: <c>Path</c>, <c>PredictedLabel</c>, <c>Confidence</c>, and where it is asked for
/// <c>Score.NAME</c> for each class.
/// </summary>
internal abstract class ScoreTable : IAsyncDisposable
{
    /// <summary>The first columns.</summary>
    protected const string PathColumn = "Path", LabelColumn = "PredictedLabel", ConfidenceColumn = "Confidence";

    /// <summary>The endings of files that can be written.</summary>
    public static IReadOnlyList<string> Formats { get; } = [".csv", ".parquet"];

    /// <summary>Begins a file, in the format of its name's ending.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="stream">Where it is written; stays open.</param>
    /// <param name="classes">The classes whose scores it has; empty where it has none.</param>
    public static async Task<ScoreTable> Create(string path, Stream stream, IReadOnlyList<string> classes)
    {
        string[] scores = [.. classes.Select(name => $"Score.{name}")];
        return Path.GetExtension(path).Equals(Formats[0], StringComparison.OrdinalIgnoreCase)
            ? new CsvTable(stream, scores)
            : await ParquetTable.Create(stream, scores);
    }

    /// <summary>Adds a row.</summary>
    public abstract ValueTask Add(ScoredPhoto photo);

    /// <summary>Writes what is not written yet. A table that is disposed without it has no end.</summary>
    public abstract ValueTask Finish();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
