using System.Globalization;

namespace TfKd.Tests;

public sealed class CsvLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-csv-").FullName;

    private string Csv => Path.Combine(_directory, "below", "run.csv");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Each_epoch_is_a_line_with_all_its_numbers()
    {
        var culture = CultureInfo.CurrentCulture;
        TrainingResult result;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
            result = WatchedRun.Run(WatchedRun.Plan with { Objective = new TfKdRegularization(), Callbacks = [new CsvLog(Csv)] });
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        var lines = File.ReadAllText(Csv).Split("\r\n");
        Assert.Equal(
            "epoch,learning_rate,loss,loss/cross_entropy,loss/virtual_teacher_kl,training_accuracy,teacher_agreement,validation_top1,validation_top5,validation_nll,validation_ece,"
            + "peer_validation_top1,images_per_second,waiting_seconds,learning_seconds,validating_seconds,elapsed_seconds", lines[0]);
        Assert.Equal(5, lines.Length);
        Assert.Equal("", lines[4]);
        Assert.Equal(3, result.History.Count);
        foreach (var epoch in result.History)
        {
            var fields = lines[epoch.Epoch + 1].Split(',');
            Assert.Equal((epoch.Epoch + 1).ToString(CultureInfo.InvariantCulture), fields[0]);
            Assert.Equal(
                [
                    epoch.LearningRate,
                    epoch.TrainingLoss,
                    epoch.Terms["cross_entropy"],
                    epoch.Terms["virtual_teacher_kl"],
                    epoch.TrainingAccuracy,
                ],
                fields[1..6].Select(field => double.Parse(field, CultureInfo.InvariantCulture)));
            Assert.Equal("", fields[6]);
            Assert.Equal(epoch.Validation!.NegativeLogLikelihood, double.Parse(fields[9], CultureInfo.InvariantCulture));
            Assert.Equal("", fields[11]);
            Assert.Equal(epoch.Elapsed.TotalSeconds, double.Parse(fields[16], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Names_are_quoted_where_they_must_be()
    {
        var epoch = Epoch(0) with
        {
            Terms = new Dictionary<string, double>
            {
                ["a,b"] = 1,
                ["say \"x\""] = 2,
                ["two\nlines"] = 3,
                ["plain"] = 4,
            }
        };
        var text = CsvLog.Text([epoch]);
        Assert.StartsWith(
            "epoch,learning_rate,loss,\"loss/a,b\",\"loss/say \"\"x\"\"\",\"loss/two\nlines\",loss/plain,training_accuracy,",
            text,
            StringComparison.Ordinal);
        Assert.Contains("\r\n1,0.5,2,1,2,3,4,0.25,,,", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Terms_that_begin_later_have_a_column_that_is_empty_before()
    {
        var text = CsvLog.Text([
            Epoch(0) with { Terms = new Dictionary<string, double> { ["ce"] = 1 } },
            Epoch(1) with { Terms = new Dictionary<string, double> { ["ce"] = 1, ["kd"] = 7 } },
        ]);
        Assert.Contains("loss,loss/ce,loss/kd,training_accuracy", text, StringComparison.Ordinal);
        Assert.Contains("\r\n1,0.5,2,1,,0.25,", text, StringComparison.Ordinal);
        Assert.Contains("\r\n2,0.5,2,1,7,0.25,", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_run_neither_repeats_nor_loses_an_epoch()
    {
        var plan = WatchedRun.Plan with
        {
            MaxEpochs = 4,
            CheckpointDirectory = Path.Combine(_directory, "checkpoint"),
            Callbacks = [new CsvLog(Csv)],
        };
        WatchedRun.RunAndCancel(plan, epoch: 2);
        var before = File.ReadAllLines(Csv);
        Assert.Equal(3, before.Length);

        // As if the process had died between an epoch's line and its checkpoint.
        File.AppendAllText(Csv, before[2].Replace("2,", "3,", StringComparison.Ordinal) + "\r\n");
        WatchedRun.Run(plan);

        var lines = File.ReadAllLines(Csv);
        Assert.Equal(before, lines[..3]);
        Assert.Equal(["1", "2", "3", "4"], lines[1..].Select(line => line.Split(',')[0]));
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_named_before_the_first_step()
    {
        var file = Path.Combine(_directory, "a file");
        File.WriteAllText(file, "");
        var path = Path.Combine(file, "run.csv");
        var watcher = new WatchedRun.Watcher { BatchEnd = _ => Assert.Fail("a batch ran") };
        var message =
            Assert.Throws<IOException>(() => WatchedRun.Run(WatchedRun.Plan with { Callbacks = [watcher, new CsvLog(path)] })).Message;
        Assert.StartsWith($"CsvLog cannot write '{path}': ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_taken_for_a_while_costs_a_warning_and_no_line()
    {
        // A folder of the same name stands for whatever keeps the file from being replaced.
        var taker = new WatchedRun.Watcher
        {
            EpochEnd = state =>
            {
                if (state.Epoch == 1)
                {
                    File.Delete(Csv);
                    Directory.CreateDirectory(Csv);
                }
                else if (state.Epoch == 2)
                {
                    Directory.Delete(Csv);
                }
            },
        };
        WatchedRun.Run(WatchedRun.Plan with { Callbacks = [taker, new CsvLog(Csv)] });
        var warning = Assert.Single(taker.Warnings, warning => warning.StartsWith("CsvLog", StringComparison.Ordinal));
        Assert.StartsWith($"CsvLog cannot write '{Csv}': ", warning, StringComparison.Ordinal);
        Assert.EndsWith("The run goes on.", warning, StringComparison.Ordinal);
        Assert.Equal(4, File.ReadAllLines(Csv).Length);
        Assert.Equal([Csv], Directory.GetFiles(Path.GetDirectoryName(Csv)!));
    }

    private static EpochMetrics Epoch(int epoch) => new()
    {
        Epoch = epoch,
        MaxEpochs = 2,
        LearningRate = 0.5,
        TrainingLoss = 2,
        TrainingAccuracy = 0.25,
        Terms = new Dictionary<string, double>(),
        ImagesPerSecond = 1,
        Elapsed = TimeSpan.Zero,
    };
}
