using System.Globalization;
using OnnxServing;

namespace TfKd.MLNet.Tests;

/// <summary>The worker that scores a share of many photos into a file.</summary>
public sealed class ScoreWorkerTests(ScoredFolder folder) : IClassFixture<ScoredFolder>, IDisposable
{
    private readonly TemporaryFolder _out = new();
    private readonly StringWriter _messages = new();

    public void Dispose()
    {
        _out.Dispose();
        _messages.Dispose();
    }

    [Theory]
    [InlineData("scores.csv", false)]
    [InlineData("scores.csv", true)]
    [InlineData("scores.parquet", false)]
    [InlineData("scores.parquet", true)]
    public async Task A_row_a_photo_says_what_the_network_says_of_it_alone(string name, bool scores)
    {
        var record = await Run(folder.Settings(_out.File(name)) with { Scores = scores });
        Assert.Equal((folder.Good.Count, folder.Bad.Count), (record.Scored, record.Bad));
        var (columns, rows) = await ScoredFolder.Read(_out.File(name));
        string[] classes = scores ? [.. ServedNetwork.Names.Select(label => $"Score.{label}")] : [];
        Assert.Equal(["Path", "PredictedLabel", "Confidence", .. classes], columns);
        Assert.Equal(folder.Good, rows.Select(row => row[0]));
        using var classifier = new OnnxClassifier(folder.Model);
        foreach (var row in rows)
        {
            var alone = classifier.Predict(await File.ReadAllBytesAsync(
                Path.Combine(folder.Photos, row[0]), TestContext.Current.CancellationToken));
            Assert.Equal(alone.Label, row[1]);
            var byClass = alone.Scores.ToDictionary(score => score.Label, score => score.Probability);
            float[] expected = [alone.Probability, .. ServedNetwork.Names.Take(classes.Length).Select(label => byClass[label])];
            Assert.All(
                expected.Zip(row[2..]), pair => Assert.Equal(pair.First, float.Parse(pair.Second, CultureInfo.InvariantCulture), 1e-5f));
        }

        Assert.True(rows.Select(row => row[2]).Distinct().Count() > 3);
        Assert.Equal($"{name} {name}.bad {name}.json", Files());
    }

    [Fact]
    public async Task Bad_photos_are_listed_with_what_is_wrong()
    {
        await Run(folder.Settings(_out.File("scores.csv")));
        var (columns, rows) = await ScoredFolder.Read(_out.File("scores.csv.bad"));
        Assert.Equal(["Path", "Reason"], columns);
        Assert.Equal(
            [
                [folder.Bad[0], "The 8 bytes are not an image of a known format (JPEG, PNG, WebP, GIF, BMP)."],
                [folder.Bad[1], "The Jpeg image of 64x64 pixels is damaged or cut short (IncompleteInput)."],
            ],
            rows);
    }

    [Fact]
    public async Task More_bad_photos_than_are_allowed_leave_what_was_there()
    {
        var settings = folder.Settings(_out.File("scores.csv"));
        await Run(settings);
        var before = await File.ReadAllTextAsync(_out.File("scores.csv"), TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Run(settings with { MostBad = 7, Force = true }));
        Assert.Equal(
            $"2 of 27 photos cannot be read, which is more than --max-bad 7 percent: see '{_out.File("scores.csv.bad")}'. " +
            "No scores were written.",
            error.Message);
        Assert.Equal(before, await File.ReadAllTextAsync(_out.File("scores.csv"), TestContext.Current.CancellationToken));
        Assert.Equal("scores.csv scores.csv.bad scores.csv.json", Files());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(40)]
    public async Task Shards_are_even_and_together_the_whole(int count)
    {
        var settings = folder.Settings(_out.File("scores.csv"));
        await Run(settings);
        var (_, whole) = await ScoredFolder.Read(settings.Output);
        List<string[]> together = [];
        List<long> sizes = [];
        for (var shard = 0; shard < count; shard++)
        {
            var record = await Run(settings with { Shard = new Shard(shard, count), MostBad = 100 });
            sizes.Add(record.Scored + record.Bad);
            together.AddRange((await ScoredFolder.Read(_out.File($"scores-{shard:D5}-of-{count:D5}.csv"))).Rows);
        }

        Assert.Equal(27, sizes.Sum());
        Assert.InRange(sizes.Max() - sizes.Min(), 0, 1);
        Assert.Equal(whole.Select(row => $"{row[0]}|{row[1]}").Order(), together.Select(row => $"{row[0]}|{row[1]}").Order());
    }

    [Fact]
    public async Task Paths_of_a_text_file_are_scored_in_its_order_as_often_as_they_stand_there()
    {
        var list = Path.Combine(folder.Photos, "below", "list.txt");
        string[] lines =
        [
            "tür.jpg", "../photo-03.jpg", "", "tür.jpg", Path.Combine(folder.Photos, "a,b.jpg"), "missing.jpg", "nul\0.jpg",
        ];
        await File.WriteAllLinesAsync(list, lines, TestContext.Current.CancellationToken);
        await Run(folder.Settings(_out.File("scores.csv"), list) with { MostBad = 50 });
        var (_, rows) = await ScoredFolder.Read(_out.File("scores.csv"));
        Assert.Equal([lines[0], lines[1], lines[3], lines[4]], rows.Select(row => row[0]));
        Assert.Equal(rows[0][1], rows[2][1]);
        Assert.Equal(lines[5..], (await ScoredFolder.Read(_out.File("scores.csv.bad"))).Rows.Select(row => row[0]));

        await File.WriteAllTextAsync(list, "\n", TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Run(folder.Settings(_out.File("scores.csv"), list)));
        Assert.StartsWith($"'{list}' must have photos (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_finished_shard_is_not_done_again_and_one_of_something_else_is()
    {
        var settings = folder.Settings(_out.File("scores.csv"));
        var record = await Run(settings);
        var marked = new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(settings.Output, marked);
        Assert.Equal(record, await Run(settings));
        Assert.Equal(marked, File.GetLastWriteTimeUtc(settings.Output));
        Assert.EndsWith($"'{settings.Output}' is finished.{Environment.NewLine}", _messages.ToString(), StringComparison.Ordinal);

        var other = _out.File("other.onnx");
        ServedNetwork.Save(other, new ImageShape(1, 32, 32)).Dispose();
        Directory.CreateDirectory(_out.File("few"));
        File.Copy(Path.Combine(folder.Photos, folder.Good[0]), _out.File("few/one.jpg"));
        await IsDoneAnew(settings with { Force = true }, "--force");
        await IsDoneAnew(settings with { Model = other }, "it was made by another model");
        await IsDoneAnew(settings, "it was made by another model");
        await IsDoneAnew(settings with { Input = _out.File("few") }, "it was made of another list of photos");
        await IsDoneAnew(settings, "it was made of another list of photos");
        await IsDoneAnew(settings with { Scores = true }, "it has no column a class");
        await File.AppendAllTextAsync(settings.Output, "x", TestContext.Current.CancellationToken);
        await IsDoneAnew(settings with { Scores = true }, "where");
        File.Delete($"{settings.Output}.json");
        await IsDoneAnew(settings, "it has no record of being finished");
        await File.WriteAllTextAsync($"{settings.Output}.json", "{", TestContext.Current.CancellationToken);
        await IsDoneAnew(settings, "it has no record of being finished");
    }

    [Fact]
    public async Task Files_of_another_number_of_shards_are_told_of()
    {
        var settings = folder.Settings(_out.File("scores.csv"));
        await Run(settings with { Shard = new Shard(0, 3) });
        Assert.DoesNotContain("another number", _messages.ToString(), StringComparison.Ordinal);
        await Run(settings with { Shard = new Shard(1, 2) });
        Assert.Contains(
            $"Beside '{_out.File("scores-00001-of-00002.csv")}' are 1 files of another number of shards",
            _messages.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_processes_do_not_write_one_shard()
    {
        var settings = folder.Settings(_out.File("scores.csv"));
        await using (new FileStream($"{settings.Output}.lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            var error = await Assert.ThrowsAsync<IOException>(() => Run(settings));
            Assert.StartsWith($"'{settings.Output}' is being written by another process", error.Message, StringComparison.Ordinal);
        }

        await Run(settings);
    }

    [Fact]
    public async Task Cancelled_in_the_middle_it_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new ScoreRun(folder.Settings(_out.File("scores.csv")), _messages).Run(cancel.Token));
        Assert.Equal("", Files());
    }

    [Fact]
    public async Task A_network_of_several_labels_gives_those_that_reach_their_thresholds()
    {
        var model = _out.File("several.onnx");
        double[] thresholds = [0, 0.999, 0.25];
        ServedNetwork.Save(model, new ImageShape(3, 32, 32), form: new OnnxForm { Thresholds = thresholds }).Dispose();

        await Run(folder.Settings(_out.File("scores.csv")) with { Model = model, Scores = true });
        var (_, rows) = await ScoredFolder.Read(_out.File("scores.csv"));
        Assert.All(rows, row =>
        {
            float[] scores = [.. row[3..].Select(text => float.Parse(text, CultureInfo.InvariantCulture))];
            Assert.Equal(string.Join(';', ServedNetwork.Names.Where((_, i) => scores[i] >= thresholds[i])), row[1]);
            Assert.Equal(scores.Max(), float.Parse(row[2], CultureInfo.InvariantCulture));
        });
        Assert.Contains(rows, row => row[1] == "first;third");
    }

    private async Task IsDoneAnew(ShardSettings settings, string reason)
    {
        await Run(settings);
        var line = _messages.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)[^2];
        Assert.StartsWith($"'{settings.Output}' is made anew: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    private Task<ShardRecord> Run(ShardSettings settings) => new ScoreRun(settings, _messages).Run(TestContext.Current.CancellationToken);

    private string Files() => string.Join(' ', Directory.GetFiles(_out.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
}
