using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>What all commands have: help, exit codes, settings from a file, verbosity, a log.</summary>
public sealed class ToolCommandLineTests(TrainedByTool trained) : IClassFixture<TrainedByTool>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_a_command_help_is_shown_and_nothing_was_done()
    {
        var run = await ToolRun.Of();
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.All(
            ["train", "distill", "evaluate", "predict", "export", "report", "Exit codes: 0 all went well"],
            name => Assert.Contains(name, run.Error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("train", "--recipe <frozen|fine-tuned|student|scratch>")]
    [InlineData("distill", "--unlabelled <FOLDER>")]
    [InlineData("evaluate", "--skip-damaged")]
    [InlineData("predict", "--top <N>")]
    [InlineData("export", "--int8 <FOLDER>")]
    [InlineData("report", "-v, --verbosity <q|m|diag>")]
    public async Task Each_command_has_help(string command, string option) =>
        Assert.Contains(option, (await ToolRun.Of(command, "--help")).MustSucceed().Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("train", "Option '--dataset' is required.")]
    [InlineData("train --dataset x --recipe best", "--recipe must be one of frozen, fine-tuned, student, scratch, but is 'best'.")]
    [InlineData("train --dataset x --test 1", "--test must be a number above 0 and below 1, but is '1'.")]
    [InlineData("train --dataset x --epochs 0", "--epochs must be a whole number of 1 or above, but is '0'.")]
    [InlineData("train --dataset x --name a/b", "--name must be letters, digits and _, the first no digit, but is 'a/b'.")]
    [InlineData(
        "train --dataset x --epochs 3",
        "--recipe frozen fits its classifier once, in seconds: it takes neither --epochs nor --train-time; fine-tuned does.")]
    [InlineData("train --dataset x --validation 0.1", "--recipe frozen has no epochs to choose from: it takes no --validation.")]
    [InlineData(
        "train --dataset x --recipe student --epochs 5",
        "--recipe student fits its classifier once, in seconds: it takes neither --epochs nor --train-time; fine-tuned does.")]
    [InlineData(
        "train --dataset x --recipe student --validation 0.1",
        "--recipe student has no epochs to choose from: it takes no --validation.")]
    [InlineData(
        "train --dataset x --unlabelled y",
        "--recipe frozen learns from labels alone; --unlabelled is for student, and for tfkd distill, whose teacher is there already.")]
    [InlineData(
        "train --dataset x --recipe student --unlabelled y --code --name Signs",
        "--code writes a program that learns from labelled photos alone; leave it or --unlabelled out.")]
    [InlineData(
        "distill --teacher t.zip --dataset x --epochs 1",
        "--recipe student fits its classifier in the first epoch, and learns from its teacher in those after it; expected --epochs 2 or above, "
            + "but it is 1.")]
    [InlineData("predict --model m.zip", "Required argument 'PHOTO|FOLDER' missing for command: 'predict'.")]
    [InlineData("predict --model m.zip x.jpg --json --csv", "--csv and --json exclude each other.")]
    [InlineData("predict --model m.zip x.jpg --top 0", "--top must be a whole number from 1 to 1000, but is '0'.")]
    [InlineData("report --model", "Required argument missing for option: '--model'.")]
    [InlineData("report --model m.zip --colour", "Unrecognized command or argument '--colour'.")]
    [InlineData("report --model m.zip -v loud", "--verbosity must be one of q, quiet, m, minimal, diag, diagnostic, but is 'loud'.")]
    public async Task A_wrong_command_line_is_refused_with_what_is_wrong(string line, string message)
    {
        var run = await ToolRun.Of(line.Split(' '));
        Assert.Equal(message, run.Failure(ExitCode.Usage).Split('\n')[0].TrimEnd());
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task Settings_come_from_a_file_and_the_command_line_wins()
    {
        var settings = Settings($$"""
            {
                // As in appsettings.json.
                "dataset": {{System.Text.Json.JsonSerializer.Serialize(trained.Photos)}},
                "output": {{System.Text.Json.JsonSerializer.Serialize(_folder.Path)}},
                "Name": "FromFile",
                "recipe": "scratch",
                "epochs": 1,
                "trainTime": 3600,
                "skip-damaged": true,
                "checkpoints": null,
                "verbosity": "q",
                "json": true,
            }
            """);
        var run = (await ToolRun.Of("train", "--settings", settings, "--name", "FromLine")).MustSucceed();
        Assert.Equal("", run.Error);
        Assert.Equal(Path.Combine(_folder.Path, "FromLine", "model.zip"), run.Json.GetProperty("model").GetString());
        Assert.False(Directory.Exists(_folder.File("FromFile")));
    }

    [Theory]
    [InlineData("""{ "epoch": 5 }""", "The setting 'epoch' in 'FILE' is no option of 'train'; those are balance-classes, checkpoints, code, dataset,")]
    [InlineData("""{ "epochs": 0 }""", "--epochs must be a whole number of 1 or above, but is '0'.")]
    [InlineData("""{ "epochs": { "a": 1 } }""", "The setting 'epochs' in 'FILE' must be text, a number, true or false, but is { \"a\": 1 }.")]
    [InlineData("""{ "train-time": 5, "trainTime": 6 }""", "The setting 'trainTime' stands in 'FILE' twice.")]
    [InlineData("""[5]""", "The settings file 'FILE' must be an object, { \"epochs\": 5 }, but is [5].")]
    [InlineData("""{ "epochs": """, "The settings file 'FILE' cannot be read: ")]
    [InlineData("""{ "help": true }""", "The setting 'help' in 'FILE' is no option of 'train'; those are ")]
    [InlineData("""{ "settings": "a" }""", "The setting 'settings' in 'FILE' is no option of 'train'; those are ")]
    public async Task A_settings_file_that_is_wrong_is_refused_with_what_is_wrong(string json, string message)
    {
        var settings = Settings(json);
        var run = await ToolRun.Of("train", "--dataset", trained.Photos, "--recipe", "scratch", "--settings", settings);
        Assert.StartsWith(
            message.Replace("FILE", settings, StringComparison.Ordinal), run.Failure(ExitCode.Usage), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"yes\"")]
    [InlineData("1")]
    [InlineData("[true]")]
    public async Task A_setting_that_is_true_or_false_takes_nothing_else(string value)
    {
        var settings = Settings($$"""{ "model": "none.zip", "csv": {{value}} }""");
        Assert.Equal(
            $"The setting 'csv' in '{settings}' must be true or false, but is {value}.",
            (await ToolRun.Of("predict", "--settings", settings, trained.Photo)).Failure(ExitCode.Usage));
    }

    [Fact]
    public async Task Photos_behind_two_hyphens_stay_photos_beside_a_settings_file()
    {
        var settings = Settings($$"""{ "model": {{System.Text.Json.JsonSerializer.Serialize(trained.Model)}}, "csv": true }""");
        var run = (await ToolRun.Of("predict", "--settings", settings, "--", trained.Photo)).MustSucceed();
        Assert.Equal(2, run.Output.Trim().Split('\n').Length);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_any_more_ends_and_not_the_work()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/full");
        var run = (await ToolRun.Of("report", "--model", trained.Model, "--log-file-path", "/dev/full")).MustSucceed();
        Assert.StartsWith("# SmallCnn, 3 classes", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("Warning: the log file '/dev/full' ends here, it cannot be written: ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_settings_file_that_is_missing_is_refused()
    {
        var missing = _folder.File("missing.json");
        Assert.StartsWith(
            $"The settings file '{missing}' cannot be read: ",
            (await ToolRun.Of("report", "--settings", missing)).Failure(ExitCode.Usage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stack_of_an_error_is_for_those_who_ask()
    {
        var missing = _folder.File("missing.zip");
        var plain = (await ToolRun.Of("report", "--model", missing)).Failure(1);
        Assert.DoesNotContain('\n', plain);
        var detailed = (await ToolRun.Of("report", "--model", missing, "--verbosity", "diag")).Failure(1);
        Assert.StartsWith(plain, detailed, StringComparison.Ordinal);
        Assert.Contains("   at TfKd.Tool.", detailed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_file_has_results_messages_and_details()
    {
        var log = Path.Combine(_folder.Path, "logs", "tfkd.log");
        string[] command = ["evaluate", "--model", trained.Model, "--dataset", trained.Photos, "--log-file-path", log];
        (await ToolRun.Of([.. command, "-v", "q"])).MustSucceed();
        var first = File.ReadAllText(log);
        Assert.Contains("Z Accuracy ", first, StringComparison.Ordinal);
        (await ToolRun.Of("report", "--model", _folder.File("missing"), "--log-file-path", log)).Failure(1);
        var both = File.ReadAllText(log);
        Assert.StartsWith(first, both, StringComparison.Ordinal);
        Assert.Contains("   at TfKd.Tool.", both, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_file_that_cannot_be_written_is_refused() => Assert.StartsWith(
        "The log file cannot be written: ",
        (await ToolRun.Of("report", "--model", trained.Model, "--log-file-path", _folder.Path)).Failure(1), StringComparison.Ordinal);

    private string Settings(string json)
    {
        var file = _folder.File("settings.json");
        File.WriteAllText(file, json);
        return file;
    }
}
