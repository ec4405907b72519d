using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of README.md and of the guides run, on a few small images.</summary>
public sealed class PageRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _before = Environment.CurrentDirectory;
    private readonly TextWriter _console = Console.Out;
    private readonly StringWriter _output = new();
    private readonly MLContext _ml = new(seed: 1);

    public PageRunTests()
    {
        Environment.CurrentDirectory = _folder.Path;
        Console.SetOut(_output);
    }

    public void Dispose()
    {
        Console.SetOut(_console);
        Environment.CurrentDirectory = _before;
        _output.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Trained_model_predicts_one_photo_and_many_and_is_gone_on_from()
    {
        foreach (var row in TestRows.Make(30))
        {
            foreach (var folder in (string[])[$"photos/{row.Label}", "new photos"])
                File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{row.Number}.png"), row.Image);
            File.WriteAllBytes("photo.jpg", row.Image);
        }

        ReadmePage.Train();
        ReadmePage.Predict();
        ExportAndServingPage.PredictMany();
        BigDataPage.ScoreAShare(_ml, _ml.Model.Load("model.zip", out _), shard: 1, count: 4);

        var lines = Lines();
        // What comes before the first epoch, a line an epoch, and then those of the programs.
        Assert.StartsWith("Reading the images of column 'Image' ", lines[0], StringComparison.Ordinal);
        var begin = Array.FindIndex(lines, line => line.StartsWith("Epoch 1/1: ", StringComparison.Ordinal));
        Assert.Contains(lines[..begin], line => line.StartsWith("The first epoch begins after ", StringComparison.Ordinal));
        Assert.StartsWith("The head was fitted to the features of ", lines[begin - 1], StringComparison.Ordinal);
        lines = lines[begin..];
        Assert.Equal(1 + 32, lines.Length);
        lines = lines[1..];
        Assert.InRange(double.Parse(lines[0]), 0, 1);
        Assert.Equal(8, File.ReadAllLines("labels-1.csv").Length);
        Assert.Matches("^(red|green|blue) [0-9]+ ?%$", lines[1]);
        Assert.All(lines[2..], line => Assert.Matches(@"^[0-9]+\.png (red|green|blue)$", line));
        Fit(TransferLearningPage.GoOn(_ml) with { MaxEpochs = 1 }, rows: 15).Dispose();
        Fit(TransferLearningPage.FewPhotos() with { ImageWidth = 64, ImageHeight = 64 }).Dispose();
        FirstModelRuns();
        Assert.Contains("PredictedLabel", DataPage.TrainOnPaths(_ml).Schema.Select(column => column.Name));
    }

    private void FirstModelRuns()
    {
        _output.GetStringBuilder().Clear();
        FirstModelPage.Start([]);
        Assert.Contains(Lines(), line => line.EndsWith(" of the photos held out are right.", StringComparison.Ordinal));
        Assert.Contains(Lines(), line => line.StartsWith("Confusion table", StringComparison.Ordinal));
        FirstModelPage.Start(["photo.jpg"]);
        Assert.All(Lines()[^3..], line => Assert.Matches("^ *[0-9]+ ?% (red|green|blue)$", line));
        FirstModelPage.CrossValidate(
            _ml,
            _ml.Data.LoadImagesFromFolder("photos"),
            _ml.Transforms.Conversion.MapValueToKey("Label")
                .Append(_ml.MulticlassClassification.Trainers.TorchImageClassification(Short(new())))
                .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")));
        Assert.EndsWith(" in the mean of five folds", Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Teachers_teach()
    {
        ReadmePage.Distil(_ml, _ml.Data.LoadFromEnumerable(TestRows.Make(24)));
        Assert.Equal("Teacher, targets at temperature 4", Lines()[0]);
        Assert.True(File.Exists("student.onnx"));

        using (var teacher = Fit(TrainingRuns.Options))
            _ml.Model.Save(teacher, Rows().Schema, "teacher.zip");
        Fit(Short(ObjectivesPage.Add())).Dispose();
        Fit(Short(TeachersPage.LearnFromAModel())).Dispose();
        Assert.NotEmpty(Directory.GetFiles("answers"));
        Assert.IsType<OnnxTeacher>(TeachersPage.OfAnotherFramework());
        Assert.True(float.IsFinite(ObjectivesPage.Evaluate()));
    }

    [Fact]
    public void Published_weights_are_frozen_and_a_module_of_ones_own_is_trained()
    {
        using (var pretrained = new SqueezeNet().Build(1000))
            NetworkWeights.Save(pretrained, "squeezenet1_0.pth");
        TransferLearningPage.Transfer(_ml, _ml.Data.LoadFromEnumerable(TestRows.Make(24)));
        Fit(NetworksPage.BringAModule() with { MaxEpochs = 1 }).Dispose();
    }

    [Fact]
    public void Runs_are_watched_stopped_and_resumed()
    {
        using var cancellation = new CancellationTokenSource();
        Fit(Short(WatchingAndResumingPage.Watch(_ml))).Dispose();
        Assert.True(File.Exists("report.html") && File.Exists("run.csv") && Directory.Exists("runs/1"));
        Assert.Contains("left", Lines()[^1]);
        Fit(Short(WatchingAndResumingPage.StopEarly())).Dispose();
        Fit(Short(WatchingAndResumingPage.Resume(cancellation))).Dispose();
        Assert.NotEmpty(Directory.GetFiles("checkpoints/run-1"));
        Fit(Short(ReadingTheReportPage.Report())).Dispose();
        Assert.Contains("Flowers", File.ReadAllText("report.html"), StringComparison.Ordinal);
        var metrics = new List<EpochMetrics>();
        Fit(TrainingRuns.Options with
        {
            MaxEpochs = 5,
            MetricsCallback = metrics.Add,
            Callbacks = [new WatchingAndResumingPage.StopAtAccuracy(0)],
        }).Dispose();
        Assert.Single(metrics);
    }

    [Fact]
    public void Options_of_the_guides_train_and_what_they_train_is_exported()
    {
        Fit(Short(DataPage.Augment())).Dispose();
        Fit(Short(PerformancePage.ChooseDevice())).Dispose();
        Fit(ResearchPage.Own() with { MaxEpochs = 2 }).Dispose();
        ResearchPage.Loop();
        Assert.Equal(20, OptionsPage.Change().MaxEpochs);
        var weighed = TestRows.Make(30).Select(row => new { row.Label, row.Image, Weight = 1f + row.Number % 2 });
        _ml.MulticlassClassification.Trainers.TorchImageClassification(Short(DataPage.Weigh()))
            .Fit(TestRows.WithKeys(_ml, _ml.Data.LoadFromEnumerable(weighed)))
            .Dispose();

        using var transformer = Fit(Short(CalibrationAndRejectionPage.BeSure()));
        foreach (var row in TestRows.Make(6))
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory($"photos/{row.Label}").FullName, $"{row.Number}.png"), row.Image);
        ExportAndServingPage.Export(_ml, transformer, transformer, _ml.Data.LoadImagesFromFolder("photos"));
        var rows = TestRows.WithKeys(_ml, _ml.Data.LoadFromEnumerable(TestRows.Make(30)));
        CalibrationAndRejectionPage.Measure(_ml, transformer, rows);
        Assert.Matches("^[0-9.]+ ?% of the photos are given a label, .+ of these the right one\\.$", Lines()[^1]);
        CalibrationAndRejectionPage.Choose(_ml, transformer, rows);
        Assert.Equal(0.9, CalibrationAndRejectionPage.BeStricter(transformer));
        Assert.All(
            UnlabelledPhotosPage.LeaveOutTheStrange(_ml, transformer, rows).GetColumn<float[]>("Score"),
            scores => Assert.True(scores.Max() >= 0.5f));
        File.Copy(Directory.GetFiles("photos/red")[0], "photo.jpg");
        ExportAndServingPage.PredictWithoutLabels(
            _ml, _ml.Data.LoadFromEnumerable(TestRows.Make(30)), Short(new TorchImageClassificationTrainer.Options()));
        Assert.Contains(Lines()[^1], TestRows.Names);
        Assert.All((string[])["model.zip", "model.onnx", "portable.zip", "model.md"], file => Assert.True(new FileInfo(file).Length > 0));
    }

    [Fact]
    public void Embeddings_are_searched_clustered_and_trained_on()
    {
        var kinds = new Dictionary<string, string> { ["red"] = "warm", ["green"] = "cold", ["blue"] = "cold" };
        foreach (var row in TestRows.Make(30))
        {
            foreach (var folder in (string[])[$"photos/{row.Label}", $"sorted photos/{kinds[row.Label]}", "new photos"])
                File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{row.Number:00}.png"), row.Image);
        }

        File.Copy("new photos/00.png", "photo.jpg");
        var options = Short(EmbeddingsPage.Embed()) with { InitialWeights = null, FrozenStages = 0, LinearProbe = null, MaxEpochs = 5 };
        var photos = _ml.Data.LoadImagesFromFolder("photos");
        var keys = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos);
        using var transformer = _ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(keys.Transform(photos));
        _output.GetStringBuilder().Clear();

        EmbeddingsPage.Search(_ml, transformer);
        Assert.Equal(5, Lines().Length);
        // The first of the new photos is one of the photos.
        Assert.StartsWith($"{1:F3} ", Lines()[0], StringComparison.Ordinal);
        Assert.EndsWith(Path.Combine("red", "00.png"), Lines()[0], StringComparison.Ordinal);
        Assert.All(Lines(), line => Assert.Contains("red", line, StringComparison.Ordinal));

        EmbeddingsPage.Cluster(_ml, transformer);
        Assert.Equal(30, Lines()[5..].Length);
        Assert.All(Lines()[5..], (line, row) => Assert.Matches($"^[123] .*{row:00}\\.png$", line));

        EmbeddingsPage.Classify(_ml, transformer);
        Assert.Equal(string.Join(", ", TestRows.Make(30).Select(row => kinds[row.Label])), Lines()[^1]);

        EmbeddingsPage.Serve(_ml, transformer);
        Assert.Matches("^\\{\"TopLabels\":\\[\"red\",\"[a-z]+\",\"[a-z]+\"\\],\"TopScores\":\\[0\\.", Lines()[^1]);
        EmbeddingsPage.Export(transformer);
        Assert.True(File.Exists("search.onnx"));
        WatchingAndResumingPage.LookWhere(transformer);
        Assert.True(File.Exists("where.png"));
    }

    [Fact]
    public void Recipe_runs()
    {
        var samples = new DecodedCache(TestImages.Shape, TestRows.Names);
        var pixels = new byte[TestImages.Shape.ByteCount];
        foreach (var row in TestRows.Make(12))
        {
            ImageDecoder.Decode(row.Image, TestImages.Shape, pixels);
            samples.Add(pixels, row.Number % 3);
        }

        RecipesPage.Train(samples, samples, epochs: 1);
        Assert.InRange(double.Parse(Assert.Single(Lines())), 0, 1);
    }

    private static TorchImageClassificationTrainer.Options Short(TorchImageClassificationTrainer.Options options) =>
        options with { MaxEpochs = 2, Network = TestModels.Architecture };

    private IDataView Rows(int count = 60) => TrainingRuns.Rows(_ml, count);

    private TorchImageClassificationTransformer Fit(TorchImageClassificationTrainer.Options options, int rows = 60) =>
        _ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(Rows(rows));

    private string[] Lines() => _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
