using System.Globalization;
using System.Security.Cryptography;

namespace OnnxServing;

/// <summary>Scores one shard into one file.</summary>
internal sealed class ScoreRun(ShardSettings settings, TextWriter messages)
{
    private readonly string _output = settings.Shard.FileOf(settings.Output);

    /// <summary>Scores the shard, unless it is finished.</summary>
    /// <returns>What the finished shard is.</returns>
    /// <exception cref="InvalidDataException">The model is none, there are no photos, or too many of them are bad.</exception>
    /// <exception cref="IOException">A file cannot be read or written, or another process writes the same shard.</exception>
    public async Task<ShardRecord> Run(CancellationToken token)
    {
        var photos = PhotoList.Open(settings.Input);
        var record = new ShardRecord
        {
            Shard = settings.Shard.ToString(),
            Model = HashOf(settings.Model),
            Photos = photos.Fingerprint,
            Scores = settings.Scores,
        };
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_output))!);
        using var alone = Lock();
        WarnOfOtherShards();
        if (record.WhyNotFinished(_output) is not { } reason)
        {
            if (!settings.Force)
            {
                messages.WriteLine($"'{_output}' is finished.");
                return ShardRecord.Of(_output);
            }

            reason = "--force";
        }

        if (File.Exists(_output))
            messages.WriteLine($"'{_output}' is made anew: {reason}.");
        // Each batch is computed by the thread that decoded it.
        using var classifier = new OnnxClassifier(settings.Model, threads: 1);
        return await Write(classifier, photos, record, token);
    }

    private async Task<ShardRecord> Write(OnnxClassifier classifier, PhotoList photos, ShardRecord record, CancellationToken token)
    {
        var total = photos.CountOf(settings.Shard);
        var progress = new Progress(messages, total, TimeProvider.System);
        using var bad = new BadPhotos(_output);
        using var file = new PendingFile(_output);
        var scored = 0L;
        await using (var table = await ScoreTable.Create(_output, file.Stream, settings.Scores ? classifier.Classes : []))
        {
            await foreach (var batch in new BatchPipeline(classifier, photos, settings).Read(token))
            {
                foreach (var (path, reason) in batch.Bad)
                    bad.Add(path, reason);
                var classes = classifier.Classes.Count;
                for (var row = 0; row < batch.Good.Count; row++)
                    await table.Add(ScoredPhoto.Of(batch.Good[row], batch.Scores.AsMemory(row * classes, classes), classifier));
                scored += batch.Good.Count;
                progress.Add(batch.Good.Count + batch.Bad.Count, bad.Count);
            }

            await table.Finish();
        }

        bad.Commit();
        if (bad.Count * 100.0 > settings.MostBad * total)
        {
            throw new InvalidDataException(
                $"{bad.Count} of {total} photos cannot be read, which is more than --max-bad {settings.MostBad} percent: " +
                $"see '{BadPhotos.FileOf(_output)}'. No scores were written.");
        }

        // No record stands beside rows that it does not speak of, whenever this process ends.
        ShardRecord.Remove(_output);
        record = record with { Scored = scored, Bad = bad.Count, Bytes = file.Commit() };
        record.Write(_output);
        messages.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"'{_output}': {scored} photos scored, {bad.Count} bad, {progress.Rate:F1} photos/s."));
        return record;
    }

    // Two processes with one shard would write one file. A killed one holds no lock.
    private FileStream Lock()
    {
        try
        {
            return new FileStream(
                $"{_output}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error) when (error is not DirectoryNotFoundException)
        {
            throw new IOException(
                $"'{_output}' is being written by another process, or its folder cannot be written to: {error.Message}", error);
        }
    }

    private void WarnOfOtherShards()
    {
        var (name, ending) = (Path.GetFileNameWithoutExtension(settings.Output), Path.GetExtension(settings.Output));
        var others = Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(_output))!, $"{name}-?????-of-?????{ending}")
            .Count(file => !file.EndsWith($"-of-{settings.Shard.Count:D5}{ending}", StringComparison.Ordinal));
        if (others > 0)
            messages.WriteLine($"Beside '{_output}' are {others} files of another number of shards, with the same photos: remove them.");
    }

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
