using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>The tool with photos that may have several labels, which a list names.</summary>
public sealed class ToolSeveralLabelsTests(MultiLabelProblem problem) : IClassFixture<MultiLabelProblem>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_of_several_labels_is_trained_tested_and_used()
    {
        var list = WriteList(80, "/");
        var trained = (await ToolRun.Of(
            "train", "--dataset", list, "--labels-separator", "/", "--output", _folder.Path, "--name", "Shapes", "--recipe", "scratch",
            "--epochs", "2", "--json")).MustSucceed();
        var test = trained.Json.GetProperty("test");
        // A fifth, by groups of the rarest label.
        Assert.InRange(test.GetProperty("photos").GetInt32(), 14, 18);
        Assert.Equal(80, trained.Json.GetProperty("trainingPhotos").GetInt32() + test.GetProperty("photos").GetInt32());
        Assert.InRange(test.GetProperty("meanAveragePrecision").GetDouble(), 0, 1);
        Assert.Equal(ShapePhotos.Names, test.GetProperty("classes").EnumerateArray().Select(one => one.GetProperty("class").GetString()));
        Assert.Contains("mAP", trained.Error, StringComparison.Ordinal);
        var report = File.ReadAllText(trained.Json.GetProperty("report").GetString()!);
        Assert.Contains("Average precision", report, StringComparison.Ordinal);
        // Thresholds are chosen on photos that are neither learnt from nor tested on.
        using var chain = (TransformerChain<ITransformer>)problem.Ml.Model.Load(trained.Json.GetProperty("model").GetString()!, out _);
        var rows = chain.OfType<TorchImageClassificationTransformer>().Single().Model.Card.Training.Rows;
        Assert.All(rows, row => Assert.InRange(row.Validation, 1, row.Training - 1));
    }

    [Fact]
    public async Task A_model_of_several_labels_teaches_a_small_one()
    {
        var unlabelled = Directory.CreateDirectory(_folder.File("unlabelled")).FullName;
        foreach (var row in ShapePhotos.Make(6, seed: 9))
            File.WriteAllBytes(Path.Combine(unlabelled, $"{row.Number}.png"), row.Image);
        string[] command =
        [
            "distill", "--dataset", WriteList(60, "/"), "--labels-separator", "/", "--output", _folder.Path, "--recipe", "scratch",
            "--epochs", "1", "--json",
        ];
        var run = await ToolRun.Of(
            [.. command, "--teacher", SaveModel(), "--unlabelled", unlabelled, "--name", "Small", "--alpha", "0.75"]);
        Assert.Equal(6, run.MustSucceed().Json.GetProperty("unlabelledPhotos").GetInt32());
        var card = ModelLoader.Load(_folder.File("Small/model.zip")).Card;
        Assert.Contains(
            "Objective: 0.25 * BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 } + 0.75 * BinaryKd { Temperature = 4 }",
            card.Training.Plan, StringComparison.Ordinal);
        Assert.Equal((6, 3), (card.Training.UnlabelledRows, card.Thresholds!.Count));
        // An ONNX file of this library answers with sigmoids.
        problem.Model.SaveOnnx(_folder.File("teacher.onnx"));
        Assert.Contains(
            $"The teacher '{_folder.File("teacher.onnx")}' answers with probabilities, but a student of photos with several labels learns "
                + "from logits; expected a model.zip that was trained on such photos, or an .onnx that answers with logits.",
            (await ToolRun.Of([.. command, "--teacher", _folder.File("teacher.onnx"), "--name", "Other"])).Failure(ExitCode.Usage),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Frozen", "BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 }")]
    [InlineData("Scratch", "BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 }")]
    [InlineData("Student", "BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 }")]
    [InlineData("TaughtStudent", "0.5 * BinaryCrossEntropy { PositiveWeights = , Smoothing = 0 } + 0.5 * BinaryKd { Temperature = 2 }")]
    public void Each_recipe_learns_by_yes_and_no_and_holds_photos_out_for_thresholds(string name, string objective)
    {
        var options = TrainingRecipe.Of(Enum.Parse<RecipeName>(name), 40, separator: "|").Options;
        Assert.Equal((objective, "|"), (options.Objective.ToString(), options.Labels!.Separator));
        Assert.InRange(options.ValidationSetFraction!.Value, 0.05f, 0.3f);
        if (options.Teacher is TrainedTeacher teacher)
            Assert.Equal(new BinaryCrossEntropy(), teacher.Objective);
    }

    [Fact]
    public async Task The_code_of_a_model_of_several_labels_reads_a_list_trains_measures_and_predicts()
    {
        var list = WriteList(40, "|");
        var trained = (await ToolRun.Of(
            "train", "--dataset", list, "--labels-separator", "|", "--output", _folder.Path, "--name", "Tags", "--recipe", "scratch",
            "--epochs", "2", "--code", "--json")).MustSucceed();
        var files = Directory.GetFiles(_folder.File("Tags"), "*.cs");
        Assert.Equal(3, files.Length);
        var type = ModelBuilderCodeTests.Compile(files.Select(File.ReadAllText)).GetType("PhotoModels.Tags")!;
        var ml = new MLContext(seed: 1);
        var model = trained.Json.GetProperty("model").GetString()!;
        type.GetProperty("MLNetModelPath")!.SetValue(null, model);
        var rows = (IDataView)type.GetMethod("LoadImagesFromList")!.Invoke(null, [ml, list])!;
        Assert.Equal(ShapePhotos.Make(40, seed: 2).Select(row => string.Join('|', row.Names)), rows.GetColumn<string>("Label"));

        var measured = (await ToolRun.Of("evaluate", "--model", model, "--dataset", list, "--labels-separator", "|", "--json"))
            .MustSucceed().Json;
        using var loaded = (TransformerChain<ITransformer>)ml.Model.Load(model, out _);
        var metrics = (MultiLabelMetrics)type.GetMethod("Evaluate")!.Invoke(null, [ml, rows, loaded, "Label"])!;
        Assert.Equal(measured.GetProperty("meanAveragePrecision").GetDouble(), metrics.MeanAveragePrecision, 1e-9);
        using var text = new StringWriter();
        type.GetMethod("WriteReport")!.Invoke(null, [text, metrics]);
        Assert.Matches(@"^mAP [\d.,]+\s?%, F1 ", text.ToString());

        var input = Activator.CreateInstance(type.GetNestedType("ModelInput")!)!;
        var photo = _folder.File("photos/3.png");
        input.GetType().GetProperty("ImageSource")!.SetValue(input, File.ReadAllBytes(photo));
        var output = type.GetMethod("Predict", [input.GetType()])!.Invoke(null, [input])!;
        var predicted = (await ToolRun.Of("predict", "--model", model, photo, "--json")).MustSucceed().Json[0];
        Assert.Equal(
            predicted.GetProperty("labels").EnumerateArray().Select(one => one.GetString()),
            (string[])output.GetType().GetProperty("PredictedLabel")!.GetValue(output)!);

        var pipeline = (IEstimator<ITransformer>)type.GetMethod("BuildPipeline", [typeof(MLContext), typeof(int)])!.Invoke(null, [ml, 1])!;
        var again = pipeline.Fit(rows);
        using (again as IDisposable)
            Assert.Equal(ShapePhotos.Names, ((TorchImageClassificationTransformer)again).Model.ClassNames);
    }

    [Fact]
    public async Task A_model_is_measured_on_a_list_and_predicts_one()
    {
        var model = SaveModel();
        var list = WriteList(40, ";");
        var measured = (await ToolRun.Of("evaluate", "--model", model, "--dataset", list, "--json")).MustSucceed().Json;
        var rows = problem.Ml.Data.LoadFromEnumerable(ShapePhotos.Make(40, seed: 2));
        var expected = problem.Ml.MulticlassClassification.EvaluateMultiLabel(problem.Model.Transform(rows), "Tags");
        Assert.Equal(expected.MeanAveragePrecision, measured.GetProperty("meanAveragePrecision").GetDouble(), 1e-6);
        Assert.Equal(expected.MicroF1, measured.GetProperty("microF1").GetDouble(), 1e-6);
        Assert.Equal(expected.SubsetAccuracy, measured.GetProperty("subsetAccuracy").GetDouble(), 1e-6);
        var text = (await ToolRun.Of("evaluate", "--model", model, "--dataset", list)).MustSucceed().Output;
        Assert.Matches(@"^mAP \d+\.\d % on 40 photos, F1 \d", text);
        Assert.Contains("threshold", text, StringComparison.Ordinal);

        // What is predicted is a list again, by which the model is never wrong.
        var csv = (await ToolRun.Of("predict", "--model", model, _folder.File("photos"), "--csv", "--top", "2")).MustSucceed().Output;
        Assert.StartsWith("path,labels,label1,score1,label2,score2", csv, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("predicted.csv"), csv);
        File.WriteAllText(_folder.File("damaged.png"), "no photo");
        var torn = (await ToolRun.Of("predict", "--model", model, _folder.File("damaged.png"), "--csv", "--top", "2")).Output;
        Assert.EndsWith("damaged.png,,,,,", torn.TrimEnd(), StringComparison.Ordinal);
        var again = (await ToolRun.Of("evaluate", "--model", model, "--dataset", _folder.File("predicted.csv"), "--json")).MustSucceed();
        Assert.Equal(1, again.Json.GetProperty("subsetAccuracy").GetDouble());
        var json = (await ToolRun.Of("predict", "--model", model, _folder.File("photos"), "--json")).MustSucceed().Json;
        Assert.Contains(json.EnumerateArray(), photo => photo.GetProperty("labels").GetArrayLength() > 1);
        Assert.Contains(json.EnumerateArray(), photo => photo.GetProperty("labels").GetArrayLength() == 0);
    }

    [Fact]
    public async Task What_does_not_fit_together_is_refused()
    {
        var (model, one) = (SaveModel(), _folder.File("one.csv"));
        WriteList(4, ";");
        File.WriteAllText(one, "path,label\nphotos/0.png,circle\nphotos/1.png,square\n");
        Assert.Contains(
            "The model says of each label whether a photo has it, but the photos have one class each; expected a list of photos with a "
                + "column labels.",
            (await ToolRun.Of("evaluate", "--model", model, "--dataset", one)).Failure(1), StringComparison.Ordinal);
        await Refused("--labels-separator is for lists with a column labels", one, "--labels-separator", "|");
        await Refused("--labels-separator is for lists of photos, but", _folder.File("photos"), "--labels-separator", "|");

        async Task Refused(string reason, string dataset, params string[] options) => Assert.Contains(
            reason, (await ToolRun.Of(["train", "--dataset", dataset, "--output", _folder.Path, .. options])).Failure(ExitCode.Usage),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_separator_that_looks_wrong_is_named_as_the_command_line_has_it()
    {
        var list = WriteList(12, "|", row => row.Names.Length > 1);
        Assert.Matches(
            @"all of its \d classes hold '\|': '.*\. Set --labels-separator to ""\|"", or name the column of the list label where these "
                + @"are names\.",
            (await ToolRun.Of("train", "--dataset", list, "--output", _folder.Path, "--recipe", "scratch")).Failure(1));
        // Some have one label: a warning, and training goes on.
        list = WriteList(12, "|");
        var trained = (await ToolRun.Of(
            "train", "--dataset", list, "--output", _folder.Path, "--recipe", "scratch", "--epochs", "1", "--name", "Joined"))
            .MustSucceed();
        // Once, although both the log and the callback of the trainer have it.
        Assert.Single(Regex.Matches(trained.Error, @"If they are, set --labels-separator to ""\|""\."));
    }

    [Fact]
    public void A_part_of_the_photos_of_each_rarest_label_is_held_out()
    {
        var files = Enumerable.Range(0, 40).Select(i => ($"{i}", i < 8 ? "rare;often" : i < 30 ? "often" : "")).ToArray();
        var (kept, heldOut) = new PhotoFolder(files, ";").Cut(0.25, seed: 1);
        Assert.Equal([2, 6, 2], new[] { "rare;often", "often", "" }.Select(label => heldOut.Files.Count(file => file.Label == label)));
        Assert.Equal(["often", "rare"], heldOut.ClassNames);
        Assert.Equal(files, kept.Files.Concat(heldOut.Files).OrderBy(file => int.Parse(file.Path, null)));
    }

    private string SaveModel()
    {
        problem.Ml.Model.Save(problem.Model, problem.Test.Schema, _folder.File("model.zip"));
        return _folder.File("model.zip");
    }

    private string WriteList(int count, string separator, Func<ShapeRow, bool>? isListed = null)
    {
        Directory.CreateDirectory(_folder.File("photos"));
        var rows = ShapePhotos.Make(count, seed: 2);
        foreach (var row in rows)
            File.WriteAllBytes(_folder.File($"photos/{row.Number}.png"), row.Image);
        var list = _folder.File("photos.csv");
        var lines = rows.Where(isListed ?? (_ => true)).Select(row => $"photos/{row.Number}.png,{string.Join(separator, row.Names)}");
        File.WriteAllLines(list, ["path,labels", .. lines]);
        return list;
    }
}
