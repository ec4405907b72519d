using System.Text.Json;

namespace OnnxServing;

/// <summary>
/// What a finished shard was made of, and what came of it: the file ".json" beside its rows, which is written last. A shard without it is
/// not finished.
/// </summary>
internal sealed record ShardRecord
{
    /// <summary>Of what is written here; others are not continued.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Of the record's form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Which share of the photos.</summary>
    public required string Shard { get; init; }

    /// <summary>SHA-256 of the network's file.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of all paths in the list of photos.</summary>
    public required string Photos { get; init; }

    /// <summary>Whether there is a column a class.</summary>
    public required bool Scores { get; init; }

    /// <summary>Rows of the file.</summary>
    public long Scored { get; init; }

    /// <summary>Photos that could not be read.</summary>
    public long Bad { get; init; }

    /// <summary>Length of the file in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>The name of the record of a file.</summary>
    public static string FileOf(string output) => $"{output}.json";

    /// <summary>Writes it beside a file's rows.</summary>
    public void Write(string output)
    {
        using var file = new PendingFile(FileOf(output));
        JsonSerializer.Serialize(file.Stream, this, _options);
        file.Commit();
    }

    /// <summary>Removes it: the file's rows are no longer those that it speaks of.</summary>
    public static void Remove(string output) => File.Delete(FileOf(output));

    /// <summary>Why the file's rows are not those of this shard; null: they are.</summary>
    public string? WhyNotFinished(string output) => Read(output) switch
    {
        _ when !File.Exists(output) => "it is not there",
        null => "it has no record of being finished",
        var found when found.Version != Version => $"its record has version {found.Version}",
        var found when found.Model != Model => "it was made by another model",
        var found when found.Photos != Photos => "it was made of another list of photos",
        var found when found.Shard != Shard => $"it is shard {found.Shard}",
        var found when found.Scores != Scores => $"it has {(Scores ? "no" : "a")} column a class",
        var found when found.Bytes != new FileInfo(output).Length =>
            $"it has {new FileInfo(output).Length} bytes, where {found.Bytes} were written",
        _ => null,
    };

    /// <summary>The record of a file that is finished.</summary>
    public static ShardRecord Of(string output) =>
        Read(output) ?? throw new InvalidDataException($"'{FileOf(output)}' must be the record of a finished shard, but is none.");

    private static ShardRecord? Read(string output)
    {
        try
        {
            return JsonSerializer.Deserialize<ShardRecord>(File.ReadAllBytes(FileOf(output)), _options);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
