using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

public sealed class ToolTrainTests(TrainedByTool trained) : IClassFixture<TrainedByTool>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_is_trained_tested_and_saved()
    {
        var result = trained.Run.Json;
        Assert.Equal("train", result.GetProperty("command").GetString());
        Assert.Equal("scratch", result.GetProperty("recipe").GetString());
        Assert.Equal(trained.Model, result.GetProperty("model").GetString());
        Assert.Equal(36, result.GetProperty("trainingPhotos").GetInt32());
        var test = result.GetProperty("test");
        Assert.Equal(9, test.GetProperty("photos").GetInt32());
        Assert.InRange(test.GetProperty("accuracy").GetDouble(), 0, 1);
        var classes = test.GetProperty("classes").EnumerateArray().ToList();
        Assert.Equal(DrawnSigns.Names.Order(), classes.Select(figures => figures.GetProperty("class").GetString()!));
        // The same of each class is held out, and each photo is counted once.
        Assert.All(classes, figures => Assert.Equal(
            3, figures.GetProperty("predictedAs").EnumerateObject().Sum(cell => cell.Value.GetInt32())));
        Assert.Contains("<html", File.ReadAllText(result.GetProperty("report").GetString()!), StringComparison.Ordinal);
        Assert.Contains("epoch 2 of 2", trained.Run.Error, StringComparison.Ordinal);
        Assert.Equal(
            ["Signs.consumption.cs", "Signs.evaluate.cs", "Signs.training.cs", "model.zip", "report.html"],
            Directory.GetFiles(trained.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_model_is_one_of_ML_NET()
    {
        var ml = new MLContext();
        var model = ml.Model.Load(trained.Model, out var schema);
        Assert.Equal(["ImagePath", "Label", "ImageSource"], schema.Select(column => column.Name));
        var photos = ml.Data.LoadImagesFromFolder(trained.Photos, imageColumnName: "ImageSource");
        Assert.Equal(45, model.Transform(photos).GetColumn<string>("PredictedLabel").Count(DrawnSigns.Names.Contains));
    }

    [Fact]
    public async Task What_was_trained_and_how_good_it_is_is_said_in_words()
    {
        var photos = DrawnSigns.DrawFolder(_folder.Path, 12);
        var run = (await ToolRun.Of(
            "train", "--dataset", photos, "--output", _folder.Path, "--test", "0.25", "--recipe", "scratch", "--epochs", "1")).MustSucceed();
        Assert.Matches(@"^Accuracy \d+\.\d % on 3 photos, mean over classes ", run.Output);
        Assert.Contains("class          photos  precision", run.Output, StringComparison.Ordinal);
        var model = Path.Combine(_folder.Path, "SignsClassifier", "model.zip");
        Assert.Contains(model, run.Output, StringComparison.Ordinal);
        Assert.EndsWith($"Next: tfkd predict --model {model} PHOTO{Environment.NewLine}", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("12 photos of 3 classes: 9 to train on, 3 held out to test on.", run.Error, StringComparison.Ordinal);
        // The bytes of photos are in the column that the pages have.
        Assert.Contains("column 'Image'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classes_count_alike_where_that_is_asked_for()
    {
        (await ToolRun.Of(
            "train", "--dataset", trained.Photos, "--output", _folder.Path, "--name", "A", "--recipe", "scratch", "--epochs", "1",
            "--balance-classes")).MustSucceed();
        var model = Path.Combine(_folder.Path, "A", "model.zip");
        Assert.Contains("Class weighting: InverseFrequencyWeighting", Plan(model), StringComparison.Ordinal);
        Assert.Contains("Class weighting: none", Plan(trained.Model), StringComparison.Ordinal);

        static string Plan(string path) => ModelLoader.Load(path).Card.Training.Plan!;
    }

    [Fact]
    public async Task A_model_that_is_there_is_replaced_only_by_force()
    {
        string[] command = ["train", "--dataset", trained.Photos, "--output", _folder.Path, "--name", "A", "--recipe", "scratch"];
        string[] quick = [.. command, "--epochs", "1", "--verbosity", "q"];
        var model = Path.Combine(_folder.Path, "A", "model.zip");
        Assert.Equal("", (await ToolRun.Of(quick)).MustSucceed().Error);
        var before = File.ReadAllBytes(model);

        Assert.Equal($"'{model}' is there already; --force replaces it.", (await ToolRun.Of(quick)).Failure(1));
        Assert.Equal(before, File.ReadAllBytes(model));
        (await ToolRun.Of([.. quick, "--force", "--seed", "2"])).MustSucceed();
        Assert.NotEqual(before, File.ReadAllBytes(model));
    }

    [Theory]
    [InlineData("epoch 1 of 2,")]
    // While the model is tested.
    [InlineData("Trained in")]
    public async Task A_run_that_is_stopped_leaves_no_model_and_goes_on_from_its_checkpoints(string place)
    {
        string[] command =
        [
            "train", "--dataset", trained.Photos, "--output", _folder.Path, "--name", "A", "--recipe", "scratch", "--epochs", "2",
            "--checkpoints", _folder.File("state"),
        ];
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new SignalWriter(place, stop.Cancel);
        var code = await ToolCommand.RunAsync(command, new ToolStreams(output, error, ErrorIsTerminal: false), stop.Token);
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Equal("", output.ToString());
        Assert.EndsWith($"Stopped; files that were written are whole.{Environment.NewLine}", error.ToString());
        Assert.Equal(["report.html"], Directory.GetFiles(Path.Combine(_folder.Path, "A")).Select(Path.GetFileName));

        var second = (await ToolRun.Of(command)).MustSucceed();
        Assert.DoesNotContain("epoch 1 of 2,", second.Error, StringComparison.Ordinal);
        if (place == "epoch 1 of 2,")
            Assert.Contains("epoch 2 of 2,", second.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void When_the_time_is_over_the_best_until_then_is_the_model()
    {
        var clock = new ManualClock();
        using var output = new StringWriter();
        using var error = new SignalWriter("epoch 1 of 50,", clock.Fire);
        using var all = new ToolOutput(new ToolStreams(output, error, ErrorIsTerminal: false), new(Verbosity.Minimal, true, null));
        new TrainingJob(Limited(50), all) { Clock = clock }.Run("train", CancellationToken.None);
        Assert.DoesNotContain("epoch 50 of 50", error.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "A", "model.zip")));
    }

    [Fact]
    public void A_time_that_is_over_before_the_first_step_gives_no_model()
    {
        var clock = new ManualClock();
        using var error = new SignalWriter("Reading the images", clock.Fire);
        using var all = new ToolOutput(new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: false), new(Verbosity.Minimal, true, null));
        var exception = Assert.Throws<InvalidOperationException>(
            () => new TrainingJob(Limited(50), all) { Clock = clock }.Run("train", CancellationToken.None));
        Assert.Equal("The 9 seconds of --train-time were over before the first step; there is no model.", exception.Message);
        Assert.False(File.Exists(Path.Combine(_folder.Path, "A", "model.zip")));
    }

    [Fact]
    public async Task A_damaged_photo_is_an_error_that_names_it_or_is_left_out()
    {
        var photos = DrawnSigns.DrawFolder(_folder.Path, 30);
        var damaged = Path.Combine(photos, "stop", "damaged.jpg");
        File.WriteAllText(damaged, "no photo");
        string[] command = ["train", "--dataset", photos, "--output", _folder.Path, "--name", "A", "--recipe", "scratch", "--epochs", "1"];
        var failure = (await ToolRun.Of([.. command, "--verbosity", "q"])).Failure(1);
        Assert.StartsWith($"The photo '{damaged}' cannot be used. ", failure, StringComparison.Ordinal);
        Assert.EndsWith(" --skip-damaged leaves such photos out.", failure, StringComparison.Ordinal);

        // One of 31 to train on.
        File.Copy(damaged, Path.Combine(photos, "turn-left", "damaged.jpg"));
        File.Copy(damaged, Path.Combine(photos, "priority-road", "damaged.jpg"));
        var result = (await ToolRun.Of([.. command, "--skip-damaged", "--json"])).MustSucceed().Json;
        var test = result.GetProperty("test");
        Assert.Equal(
            30, result.GetProperty("trainingPhotos").GetInt32() + test.GetProperty("photos").GetInt32());
    }

    [Fact]
    public async Task A_damaged_photo_that_is_held_out_to_test_on_leaves_the_figures_of_the_others()
    {
        var photos = DrawnSigns.DrawFolder(_folder.Path, 30);
        string[] command = ["train", "--dataset", photos, "--output", _folder.Path, "--recipe", "scratch", "--epochs", "1", "--json"];
        var whole = (await ToolRun.Of([.. command, "--name", "A"])).MustSucceed().Json.GetProperty("test");
        using (var quiet = new ToolOutput(
            new ToolStreams(TextWriter.Null, TextWriter.Null, ErrorIsTerminal: false), new(Verbosity.Minimal, true, null)))
        {
            File.WriteAllText(PhotoFolder.Read(photos, null, quiet).Cut(0.2, seed: 1).HeldOut.Files[0].Path, "no photo");
        }

        var run = (await ToolRun.Of([.. command, "--name", "B"])).MustSucceed();
        var test = run.Json.GetProperty("test");
        Assert.Equal(whole.GetProperty("photos").GetInt32() - 1, test.GetProperty("photos").GetInt32());
        Assert.Equal(1, test.GetProperty("damagedPhotos").GetInt32());
        Assert.True(File.Exists(Path.Combine(_folder.Path, "B", "model.zip")));
    }

    [Theory]
    [InlineData("class")]
    [InlineData("record")]
    [InlineData("Train")]
    [InlineData("ModelInput")]
    [InlineData("MLContext")]
    public async Task A_name_that_no_class_of_the_code_can_have_is_refused(string name)
    {
        string[] command = ["train", "--dataset", trained.Photos, "--output", _folder.Path, "--name", name, "--recipe", "scratch", "--code"];
        Assert.StartsWith($"--name is '{name}', which is a word of the C# that --code writes", (await ToolRun.Of(command)).Failure(2));
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_is_found_before_the_work()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "A", "report.html"));
        string[] command = ["train", "--dataset", trained.Photos, "--output", _folder.Path, "--name", "A", "--recipe", "scratch", "-v", "q"];
        Assert.EndsWith("report.html' is a folder; expected the name of a file.", (await ToolRun.Of(command)).Failure(1));
    }

    [Fact]
    public void Time_left_is_no_more_than_the_time_that_is_set()
    {
        using var error = new StringWriter();
        using var all = new ToolOutput(new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: false), new(Verbosity.Minimal, true, null));
        var settings = Limited(5000) with { TrainTime = TimeSpan.FromSeconds(4) };
        new TrainingJob(settings, all).Run("train", CancellationToken.None);
        Assert.Matches(@"0:0[0-4] (min )?left", error.ToString());
        Assert.DoesNotMatch(@"([1-9]\d*:\d\d|0:[1-9]\d|0:0[5-9]) (min )?left", error.ToString());
    }

    [Fact]
    public async Task Folders_that_are_no_data_set_are_refused_in_a_line()
    {
        async Task<string> Refused(string folder) =>
            (await ToolRun.Of("train", "--dataset", folder, "--output", _folder.Path, "--verbosity", "q")).Failure(1);

        var missing = _folder.File("missing");
        Assert.Equal(
            $"The folder '{missing}' is not there; expected one with a sub-folder of images for each class.", await Refused(missing));
        var flat = Directory.CreateDirectory(_folder.File("flat")).FullName;
        Assert.StartsWith(
            $"The folder '{flat}' has no sub-folders; expected one for each class with its photos in it, such as", await Refused(flat));
        var single = Directory.CreateDirectory(_folder.File("single")).FullName;
        Directory.CreateDirectory(Path.Combine(single, "cat"));
        File.WriteAllBytes(Path.Combine(single, "cat", "1.jpg"), DrawnSigns.Draw(1));
        Assert.Equal(
            $"'{single}' has photos of one class only, 'cat'; expected two classes or more.", await Refused(single));
        Directory.CreateDirectory(Path.Combine(single, "dog"));
        File.WriteAllBytes(Path.Combine(single, "dog", "1.jpg"), DrawnSigns.Draw(2));
        Assert.Equal("No photo can be held out to test on: each of the 2 classes has one; expected two or more.", await Refused(single));
    }

    private TrainingSettings Limited(int epochs) => new()
    {
        Dataset = trained.Photos,
        Output = _folder.Path,
        Name = "A",
        Recipe = RecipeName.Scratch,
        TestFraction = 0.2,
        Epochs = epochs,
        TrainTime = TimeSpan.FromSeconds(9),
    };

    /// <summary>Its timers end when they are told to.</summary>
    private sealed class ManualClock : TimeProvider
    {
        private Action _fire = () => { };

        public void Fire() => _fire();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
