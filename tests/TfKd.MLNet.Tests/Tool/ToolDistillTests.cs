using TfKd.Tool;

namespace TfKd.MLNet.Tests;

public sealed class ToolDistillTests(TrainedByTool trained) : IClassFixture<TrainedByTool>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_file_teaches_a_student_with_photos_without_labels()
    {
        var run = (await Distill("--teacher", trained.Model, "--unlabelled", DrawUnlabelled())).MustSucceed();
        Assert.Equal(5, run.Json.GetProperty("unlabelledPhotos").GetInt32());
        Assert.StartsWith("Teacher, targets at temperature 4", run.Json.GetProperty("teacher").GetString(), StringComparison.Ordinal);
        Assert.Equal(5, ModelLoader.Load(Path.Combine(_folder.Path, "A", "model.zip")).Card.Training.UnlabelledRows);
    }

    [Fact]
    public async Task Without_a_teacher_the_larger_network_is_trained_first()
    {
        var photos = DrawnSigns.DrawFolder(_folder.Path, 15);
        var run = (await ToolRun.Of(
            "train", "--dataset", photos, "--recipe", "student", "--unlabelled", DrawUnlabelled(), "--output", _folder.Path, "--name", "A",
            "--json")).MustSucceed();
        Assert.Equal(5, run.Json.GetProperty("unlabelledPhotos").GetInt32());
        Assert.DoesNotContain("resized", run.Error, StringComparison.Ordinal);
        var training = ModelLoader.Load(Path.Combine(_folder.Path, "A", "model.zip")).Card.Training;
        Assert.Equal(5, training.UnlabelledRows);
        Assert.Contains("ReadsFiles = True", training.Plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ONNX_file_of_this_library_teaches_by_its_probabilities()
    {
        var onnx = _folder.File("teacher.onnx");
        (await ToolRun.Of("export", "--model", trained.Model, "--onnx", onnx)).MustSucceed();
        var run = (await Distill("--teacher", onnx, "--alpha", "0.5", "--temperature", "3")).MustSucceed();
        Assert.StartsWith("Teacher, targets at temperature 3", run.Json.GetProperty("teacher").GetString(), StringComparison.Ordinal);
        var plan = ModelLoader.Load(Path.Combine(_folder.Path, "A", "model.zip")).Card.Training.Plan;
        Assert.Contains("Output = Probabilities", plan, StringComparison.Ordinal);
        Assert.Contains("Alpha = 0.5", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ONNX_file_from_elsewhere_needs_the_names_of_its_classes()
    {
        var (onnx, classes) = (_folder.File("teacher.onnx"), _folder.File("classes.txt"));
        var model = ModelLoader.Load(trained.Model);
        using (var network = model.CreateNetwork())
            File.WriteAllBytes(onnx, NetworkExport.ToLogits(network, new OnnxNumbers(OnnxWeights.Float32)));
        Assert.Contains(
            $"The teacher's file '{onnx}' does not say which classes it knows", (await Distill("--teacher", onnx, "-v", "q")).Failure(1));
        File.WriteAllLines(classes, model.ClassNames);
        (await Distill("--teacher", onnx, "--teacher-classes", classes)).MustSucceed();
    }

    [Theory]
    [InlineData("--teacher-classes", "classes.txt")]
    [InlineData("--teacher-output", "logits")]
    [InlineData("--teacher-input", "pixels")]
    public async Task What_a_model_file_says_itself_cannot_be_said_otherwise(string option, string value) => Assert.Equal(
        $"{option} is about a teacher as .onnx; the model '{trained.Model}' says itself what it knows.",
        (await Distill("--teacher", trained.Model, option, value, "-v", "q")).Failure(2));

    [Fact]
    public async Task A_student_is_not_written_over_its_teacher()
    {
        var teacher = Path.Combine(Directory.CreateDirectory(_folder.File("A")).FullName, "model.zip");
        File.Copy(trained.Model, teacher);
        Assert.Equal(
            $"'{teacher}' is named for two files, of which one would be lost; expected another name.",
            (await Distill("--teacher", teacher, "--force", "-v", "q")).Failure(2));
        Assert.Equal(File.ReadAllBytes(trained.Model), File.ReadAllBytes(teacher));
    }

    [Fact]
    public async Task A_teacher_that_is_missing_is_refused_before_anything_is_written()
    {
        var missing = _folder.File("missing.zip");
        Assert.Equal(
            $"There is no file '{missing}'; expected the teacher, a model file or an ONNX file.",
            (await Distill("--teacher", missing, "-v", "q")).Failure(1));
        Assert.False(Directory.Exists(_folder.File("A")));
        Assert.StartsWith("Option '--teacher' is required.", (await Distill()).Failure(2), StringComparison.Ordinal);
        Assert.StartsWith(
            "--alpha must be a number from 0 to 1, but is '2'.",
            (await Distill("--teacher", trained.Model, "--alpha", "2")).Failure(2), StringComparison.Ordinal);
    }

    private string DrawUnlabelled()
    {
        var folder = Directory.CreateDirectory(_folder.File("unlabelled")).FullName;
        for (var number = 0; number < 5; number++)
            File.WriteAllBytes(Path.Combine(folder, $"{number}.jpg"), DrawnSigns.Draw(100 + number));
        return folder;
    }

    private Task<ToolRun> Distill(params string[] arguments) => ToolRun.Of(
    [
        "distill", "--dataset", trained.Photos, "--output", _folder.Path, "--name", "A", "--recipe", "scratch", "--epochs", "1", "--json",
        .. arguments,
    ]);
}
