using Microsoft.ML;
using Microsoft.ML.Data;
using OnnxServing;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>The commands that use a model: evaluate, predict, export, report.</summary>
public sealed class ToolUseTests(TrainedByTool trained) : IClassFixture<TrainedByTool>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Evaluate_counts_as_ML_NET_does()
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadImagesFromFolder(trained.Photos, imageColumnName: "ImageSource");
        var expected = ml.MulticlassClassification.Evaluate(ml.Model.Load(trained.Model, out _).Transform(rows));

        var run = (await ToolRun.Of("evaluate", "--model", trained.Model, "--dataset", trained.Photos, "--json")).MustSucceed();
        Assert.Equal("", run.Error);
        Assert.Equal(expected.MicroAccuracy, run.Json.GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.Equal(expected.MacroAccuracy, run.Json.GetProperty("macroAccuracy").GetDouble(), 1e-9);
        Assert.Equal(expected.LogLoss, run.Json.GetProperty("logLoss").GetDouble(), 1e-5);
        var text = (await ToolRun.Of("evaluate", "--model", trained.Model, "--dataset", trained.Photos)).MustSucceed().Output;
        Assert.StartsWith($"Accuracy {expected.MicroAccuracy:P1} on 45 photos", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_leaves_out_classes_that_the_model_does_not_know_and_damaged_photos_where_it_may()
    {
        var photos = DrawnSigns.DrawFolder(_folder.Path, 6);
        var other = Directory.CreateDirectory(Path.Combine(photos, "yield")).FullName;
        File.WriteAllBytes(Path.Combine(other, "1.jpg"), DrawnSigns.Draw(1));
        var damaged = Path.Combine(photos, "stop", "damaged.jpg");
        File.WriteAllText(damaged, "no photo");
        string[] command = ["evaluate", "--model", trained.Model, "--dataset", photos, "--json"];
        var failure = (await ToolRun.Of(command)).Failure(1);
        Assert.Contains($"The photo '{damaged}' cannot be used. ", failure, StringComparison.Ordinal);
        Assert.EndsWith("--skip-damaged leaves such photos out.", failure, StringComparison.Ordinal);

        var run = (await ToolRun.Of([.. command, "--skip-damaged"])).MustSucceed();
        Assert.Equal(6, run.Json.GetProperty("photos").GetInt32());
        Assert.Equal(1, run.Json.GetProperty("unknownClassPhotos").GetInt32());
        Assert.Equal(1, run.Json.GetProperty("damagedPhotos").GetInt32());
        Assert.Contains("Left out: 1 photo of classes that the model does not know, [yield].", run.Error);
    }

    [Fact]
    public async Task Evaluate_refuses_photos_of_other_classes_only()
    {
        var photos = Directory.CreateDirectory(_folder.File("others")).FullName;
        Directory.CreateDirectory(Path.Combine(photos, "cat"));
        File.WriteAllBytes(Path.Combine(photos, "cat", "1.jpg"), DrawnSigns.Draw(1));
        Assert.Equal(
            "The model knows none of the classes of the photos, [cat]; it knows [priority-road, stop, turn-left].",
            (await ToolRun.Of("evaluate", "--model", trained.Model, "--dataset", photos)).Failure(1));
    }

    [Fact]
    public async Task Predict_says_what_ML_NET_says_of_a_folder()
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadImagesFromFolder(trained.Photos, imageColumnName: "ImageSource");
        var scored = ml.Model.Load(trained.Model, out _).Transform(rows);

        var run = (await ToolRun.Of("predict", "--model", trained.Model, trained.Photos, "--json", "--top", "2")).MustSucceed();
        var predictions = run.Json.EnumerateArray().ToList();
        Assert.Equal(scored.GetColumn<string>("ImagePath"), predictions.Select(p => p.GetProperty("path").GetString()!));
        Assert.Equal(scored.GetColumn<string>("PredictedLabel"), predictions.Select(p => p.GetProperty("label").GetString()!));
        Assert.All(
            scored.GetColumn<float[]>("Score").Zip(predictions),
            pair => Assert.Equal(pair.First.Max(), pair.Second.GetProperty("score").GetDouble(), 1e-5));
        Assert.All(predictions, prediction => Assert.Equal(2, prediction.GetProperty("top").GetArrayLength()));
    }

    [Fact]
    public async Task Lists_name_photos_wherever_photos_are_named()
    {
        var list = _folder.File("some.csv");
        string[] photos = [.. Directory.GetFiles(Path.Combine(trained.Photos, "stop")).Order(StringComparer.Ordinal).Take(3)];
        File.WriteAllLines(list, ["path,label", .. photos.Select((photo, i) => $"{photo},{(i < 2 ? "stop" : "")}")]);
        var run = (await ToolRun.Of("predict", "--model", trained.Model, list, "--json")).MustSucceed();
        Assert.Equal(photos, run.Json.EnumerateArray().Select(p => Path.GetFullPath(p.GetProperty("path").GetString()!)));
        (await ToolRun.Of("export", "--model", trained.Model, "--onnx", _folder.File("some.onnx"), "--int8", list)).MustSucceed();

        // Without a label they cannot be tested on.
        var tested = (await ToolRun.Of("evaluate", "--model", trained.Model, "--dataset", list, "--json")).MustSucceed();
        Assert.Equal(2, tested.Json.GetProperty("photos").GetInt32());
        Assert.Contains($"Left out: 1 photo of '{list}' without a label.", tested.Error, StringComparison.Ordinal);
        File.WriteAllLines(list, ["path", .. photos]);
        Assert.Equal(
            $"'{list}' has no labels; expected the column label, or labels where a photo may have several.",
            (await ToolRun.Of("evaluate", "--model", trained.Model, "--dataset", list)).Failure(1));
        Assert.Equal(
            $"There is no list '{_folder.File("none.csv")}'.",
            (await ToolRun.Of("train", "--dataset", _folder.File("none.csv"))).Failure(1));
    }

    [Fact]
    public async Task Predict_writes_a_line_a_photo()
    {
        var line = (await ToolRun.Of("predict", "--model", trained.Model, trained.Photo, "--top", "3")).MustSucceed().Output;
        Assert.Matches(@"^.*\.jpg: [a-z-]+ \d+\.\d %, [a-z-]+ \d+\.\d %, [a-z-]+ \d+\.\d %\r?\n$", line);

        var named = Path.Combine(_folder.Path, "a, \"b\".jpg");
        File.Copy(trained.Photo, named);
        var csv = (await ToolRun.Of("predict", "--model", trained.Model, named, "--csv", "--top", "2")).MustSucceed().Output.Split('\n');
        Assert.Equal("path,label,score,label2,score2", csv[0].TrimEnd());
        Assert.StartsWith($"\"{named.Replace("\"", "\"\"", StringComparison.Ordinal)}\",", csv[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_photo_that_cannot_be_read_spoils_no_other()
    {
        var damaged = _folder.File("damaged.jpg");
        File.WriteAllText(damaged, "no photo");
        var run = await ToolRun.Of("predict", "--model", trained.Model, trained.Photo, damaged, trained.Photo, "--json");
        Assert.Contains(damaged, run.Failure(1), StringComparison.Ordinal);
        var predictions = run.Json.EnumerateArray().ToList();
        Assert.Equal([true, false, true], predictions.Select(prediction => prediction.TryGetProperty("label", out _)));
        Assert.Contains(damaged, predictions[1].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_rejects_names_no_class()
    {
        var ml = new MLContext();
        using var transformer = ModelLoader.ToTransformer(ModelLoader.Load(trained.Model)).WithRejection(new() { Threshold = 1 });
        var (model, rows) = (_folder.File("rejecting.zip"), ml.Data.LoadImagesFromFolder(trained.Photos));
        ml.Model.Save(transformer, rows.Schema, model);
        Assert.Contains(
            ".jpg: no class; ", (await ToolRun.Of("predict", "--model", model, trained.Photo)).MustSucceed().Output, StringComparison.Ordinal);
        var json = (await ToolRun.Of("predict", "--model", model, trained.Photo, "--json")).MustSucceed().Json;
        Assert.False(json[0].TryGetProperty("label", out _));
    }

    [Fact]
    public async Task Files_that_are_no_model_or_no_photo_are_refused_in_a_line()
    {
        var missing = _folder.File("missing");
        Assert.Equal(
            $"There is no file '{missing}'; expected a model that 'tfkd train' or Model.Save wrote.",
            (await ToolRun.Of("predict", "--model", missing, trained.Photo)).Failure(1));
        Assert.StartsWith(
            $"The model's file '{trained.Photo}' is no model that ML.NET can load: ",
            (await ToolRun.Of("predict", "--model", trained.Photo, trained.Photo)).Failure(1), StringComparison.Ordinal);
        Assert.Equal(
            $"There is no photo, no folder and no list '{missing}'.",
            (await ToolRun.Of("predict", "--model", trained.Model, missing)).Failure(1));
    }

    [Fact]
    public async Task Export_writes_ONNX_files_that_score_as_the_model()
    {
        var (onnx, small, portable) = (_folder.File("a.onnx"), _folder.File("b.onnx"), _folder.File("c.zip"));
        var run = (await ToolRun.Of("export", "--model", trained.Model, "--onnx", onnx, "--portable", portable)).MustSucceed();
        Assert.Contains(onnx, run.Output, StringComparison.Ordinal);
        var int8 = (await ToolRun.Of("export", "--model", trained.Model, "--onnx", small, "--int8", trained.Photos, "--json"))
            .MustSucceed();
        Assert.Equal(new FileInfo(small).Length, int8.Json[0].GetProperty("bytes").GetInt64());
        Assert.True(new FileInfo(small).Length * 2 < new FileInfo(onnx).Length);

        var expected = (await ToolRun.Of("predict", "--model", trained.Model, trained.Photos, "--json", "--top", "3")).MustSucceed().Json
            .EnumerateArray().ToList();
        using var classifier = new OnnxClassifier(onnx);
        Assert.Equal(DrawnSigns.Names.Order(), classifier.Classes);
        foreach (var prediction in expected)
        {
            var found = classifier.Predict(File.ReadAllBytes(prediction.GetProperty("path").GetString()!));
            Assert.Equal(prediction.GetProperty("label").GetString(), found.Label);
            Assert.Equal(prediction.GetProperty("score").GetDouble(), found.Probability, 1e-4);
        }

        var ml = new MLContext();
        var chain = ml.Model.Load(portable, out var schema);
        Assert.Equal(["ImagePath"], schema.Select(column => column.Name));
        var labels = chain.Transform(ml.Data.LoadImagesFromFolder(trained.Photos)).GetColumn<string>("PredictedLabel").ToList();
        Assert.Equal(expected.Count, labels.Count);
        // ML.NET's own transformers bring a photo to its size in another way.
        Assert.InRange(labels.Zip(expected).Count(pair => pair.First == pair.Second.GetProperty("label").GetString()), 36, 45);
    }

    [Fact]
    public async Task Export_replaces_files_only_by_force()
    {
        var file = _folder.File("a.onnx");
        File.WriteAllText(file, "mine");
        string[] command = ["export", "--model", trained.Model, "--onnx", file];
        Assert.Equal($"'{file}' is there already; --force replaces it.", (await ToolRun.Of(command)).Failure(1));
        Assert.Equal("mine", File.ReadAllText(file));
        (await ToolRun.Of([.. command, "--force"])).MustSucceed();
        Assert.NotEqual("mine", File.ReadAllText(file));
        Assert.Equal(
            $"'{_folder.Path}' is a folder; expected the name of a file.",
            (await ToolRun.Of("export", "--model", trained.Model, "--onnx", _folder.Path)).Failure(1));
        Assert.StartsWith(
            "Nothing is to be written; expected --onnx FILE, --portable FILE, or both.",
            (await ToolRun.Of("export", "--model", trained.Model)).Failure(2), StringComparison.Ordinal);
        Assert.StartsWith(
            "--int8 is about the file of --onnx, which is missing.",
            (await ToolRun.Of("export", "--model", trained.Model, "--portable", file, "--int8", trained.Photos)).Failure(2));
    }

    [Fact]
    public async Task Export_in_8_bits_leaves_damaged_photos_out_where_it_is_told()
    {
        var (file, photos) = (_folder.File("int8.onnx"), Directory.CreateDirectory(_folder.File("photos")).FullName);
        var damaged = Path.Combine(photos, "damaged.jpg");
        File.WriteAllText(damaged, "no photo");
        string[] command = ["export", "--model", trained.Model, "--onnx", file, "--int8", photos];
        var failure = (await ToolRun.Of(command)).Failure(1);
        Assert.Contains($"The photo '{damaged}' cannot be used. ", failure, StringComparison.Ordinal);
        Assert.EndsWith(" --skip-damaged leaves such photos out.", failure, StringComparison.Ordinal);
        Assert.EndsWith(
            "There are no rows to calibrate on: none has an image that can be decoded.",
            (await ToolRun.Of([.. command, "--skip-damaged"])).Failure(1), StringComparison.Ordinal);
        Assert.False(File.Exists(file));
        var photo = Directory.GetFiles(Path.Combine(trained.Photos, "stop"))[0];
        File.Copy(photo, Path.Combine(photos, Path.GetFileName(photo)));
        var run = (await ToolRun.Of([.. command, "--skip-damaged"])).MustSucceed();
        Assert.Contains("Left out: 1 photo that could not be read.", run.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
        Assert.StartsWith(
            "--skip-damaged is about the photos of --int8, which is missing.",
            (await ToolRun.Of("export", "--model", trained.Model, "--onnx", file, "--skip-damaged")).Failure(2));
    }

    [Fact]
    public async Task Export_writes_no_file_over_the_model_or_over_the_other()
    {
        var (model, link, onnx) = (_folder.File("own.zip"), _folder.File("link.zip"), _folder.File("a.onnx"));
        File.Copy(trained.Model, model);
        File.CreateSymbolicLink(link, model);
        var before = File.ReadAllBytes(model);
        string[][] wrong =
        [
            ["--portable", model, "--force"], ["--onnx", Path.Combine(_folder.Path, ".", "own.zip"), "--force"],
            ["--portable", link, "--force"], ["--onnx", onnx, "--portable", onnx],
        ];
        foreach (var files in wrong)
        {
            Assert.EndsWith(
                "is named for two files, of which one would be lost; expected another name.",
                (await ToolRun.Of(["export", "--model", model, .. files])).Failure(ExitCode.Usage), StringComparison.Ordinal);
        }

        Assert.Equal(before, File.ReadAllBytes(model));
        Assert.False(File.Exists(onnx));
    }

    [Fact]
    public async Task Export_that_is_stopped_writes_nothing()
    {
        var file = _folder.File("small.onnx");
        using var stop = new CancellationTokenSource();
        using var error = new SignalWriter("Measuring the values between layers", stop.Cancel);
        var code = await ToolCommand.RunAsync(
            ["export", "--model", trained.Model, "--onnx", file, "--int8", trained.Photos],
            new ToolStreams(TextWriter.Null, error, ErrorIsTerminal: false), stop.Token);
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task Report_says_what_the_card_says()
    {
        var text = (await ToolRun.Of("report", "--model", trained.Model)).MustSucceed().Output;
        Assert.StartsWith("# SmallCnn, 3 classes", text, StringComparison.Ordinal);
        Assert.Contains("- Architecture: `{\"Type\":\"SmallCnn\",", text, StringComparison.Ordinal);
        Assert.Contains("| stop | 11 | 1 |", text, StringComparison.Ordinal);
        var json = (await ToolRun.Of("report", "--model", trained.Model, "--json")).MustSucceed().Json;
        Assert.Equal(ModelLoader.Load(trained.Model).Card.WeightsSha256, json.GetProperty("WeightsSha256").GetString());
    }
}
