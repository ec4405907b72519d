using System.Xml.Linq;
using TeacherFreeCifar;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The experiments on CIFAR-100, on a few drawn rows.</summary>
public sealed class TeacherFreeCifarTests : IDisposable
{
    private const int ClassCount = 4;

    private static readonly Preset _preset = Preset.Cpu with { Epochs = 1 };

    private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-experiments-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_method_trains_and_is_tested()
    {
        WriteGivenTeachers();
        var laboratory = Open();
        using var results = new ResultsFile(Path.Combine(_folder, "results", "runs.jsonl"));
        foreach (var method in Method.All)
            results.Append(laboratory.Run(_preset, method, seed: 1, self: _preset, CancellationToken.None));

        var runs = results.Read();
        Assert.Equal(Method.All.Select(method => method.Name), runs.Select(run => run.Method));
        Assert.All(runs, run =>
        {
            Assert.Equal(36, run.Rows);
            Assert.Equal(run.Method == "ce-longer" ? 2 : 1, run.Epochs);
            Assert.Equal(run.Epochs, run.ValidationCurve.Count);
            Assert.Equal(run.ValidationCurve[run.BestEpoch - 1], run.ValidationTop1);
            Assert.InRange(run.Nll, 0, double.MaxValue);
            Assert.InRange(run.Temperature!.Value, TemperatureCalibration.MinTemperature, TemperatureCalibration.MaxTemperature);
            Assert.InRange(run.ValidationEceAtTemperature!.Value, 0, 1);
            Assert.InRange(run.EceAtTemperature!.Value, 0, 1);
            Assert.Equal((0.1, "Float32", TorchRuntime.Describe()), (run.LearningRate, run.Precision, run.Machine));
            Assert.StartsWith("0.", run.Version, StringComparison.Ordinal);
        });
        var (name, group) = Assert.Single(Tables.Groups(runs));
        Assert.Equal("cpu-1-epochs-36-rows", name);
        var table = Tables.Markdown(group).Split('\n');
        Assert.Equal(Method.All.Count, table.Count(line => line.StartsWith("| ", StringComparison.Ordinal)) - 1);
        Assert.Contains(
            "dotnet run -c Release --project examples/TeacherFreeCifar -- ce-longer --seeds 1 --preset cpu --epochs 1 --rows 40 --data "
                + "FOLDER",
            table);
        Assert.NotNull(XDocument.Parse(Figures.Accuracy(group)).Root);
    }

    [Fact]
    public void A_teacher_is_trained_once_and_the_baseline_is_the_self_teacher()
    {
        var laboratory = Open();
        laboratory.Run(_preset, Method.All[0], seed: 1, self: _preset, CancellationToken.None);
        var file = Assert.Single(Weights());
        var written = File.GetLastWriteTimeUtc(file);

        var teacher = Assert.IsType<WeightFileTeacher>(laboratory.TeacherOf(TeacherKind.Self, _preset, 1, CancellationToken.None));
        Assert.Equal(file, teacher.Path);
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public void A_preset_that_tunes_takes_the_last_epoch_and_asks_all_rows_held_out_after_it()
    {
        var preset = Preset.Few with { Epochs = 2, LearningRate = 0.3 };
        var run = Open(rows: 80).Run(preset, Method.All[0], seed: 1, self: preset, CancellationToken.None);

        // Of 80 rows 8 are held out; of the 72 others a ninth is trained on, and two of the 8 are asked after each epoch.
        Assert.Equal((8, 0.3, 2), (run.Rows, run.LearningRate, run.BestEpoch));
        Assert.Equal(2, run.ValidationCurve.Count);
        Assert.All(run.ValidationCurve, top1 => Assert.Contains(top1, new[] { 0, 0.5, 1 }));
        Assert.Equal(0, 8 * run.ValidationTop1 % 1);
        var folder = Path.GetDirectoryName(Path.GetDirectoryName(Assert.Single(Weights())));
        Assert.Equal("few-2-epochs-8-rows-at-0.3", Path.GetFileName(folder));
    }

    [Fact]
    public void A_teacher_keeps_its_own_learning_rate()
    {
        var laboratory = Open(rows: 80);
        var preset = Preset.Few with { Epochs = 1, LearningRate = 0.4 };
        laboratory.Run(preset, Of("re-kd-hinton"), seed: 2, self: preset with { LearningRate = 0.2 }, CancellationToken.None);
        laboratory.Run(preset, Of("tf-kd-self-hinton"), seed: 2, self: preset with { LearningRate = 0.2 }, CancellationToken.None);

        Assert.Equal(
            [
                "few-1-epochs-8-rows-at-0.2/baseline-2",
                "few-1-epochs-8-rows-at-0.4/re-kd-hinton-2",
                "few-1-epochs-8-rows-at-0.4/tf-kd-self-hinton-2",
                "few-1-epochs-8-rows/weak-teacher",
            ],
            Weights().Select(path => Path.GetRelativePath(Path.Combine(_folder, "work"), Path.GetDirectoryName(path)!).Replace('\\', '/'))
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_run_of_a_study_that_diverges_is_a_result()
    {
        var preset = Preset.Few with { Epochs = 3, LearningRate = 1e30 };
        var run = Open(rows: 80).Run(preset, Method.All[0], seed: 1, self: preset, CancellationToken.None);
        Assert.True(run.Diverged);
        Assert.Equal((0, 0, 1e30), (run.ValidationTop1, run.Top1, run.LearningRate));
    }

    [Fact]
    public void Teachers_are_tested_and_those_that_are_missing_are_trained_first()
    {
        WriteGivenTeachers();
        var laboratory = Open();
        var teachers = laboratory.TestTeachers(_preset, CancellationToken.None).ToList();

        Assert.Equal(
            ["ResNet-56, given", "ResNet-32, given", "ResNet-8", "ResNet-32 after 1 epoch", "ResNet-32 after 10 epochs"], teachers.Select(teacher => teacher.Name));
        Assert.All(teachers, teacher => Assert.Equal((4, 12), (teacher.HeldOut.Count, teacher.Test.Count)));
        var lines = Tables.Teachers(_preset, laboratory.RowsOf(_preset), teachers).Split('\n');
        Assert.Equal(5, lines.Count(line => line.StartsWith("| ResNet", StringComparison.Ordinal)));
        Assert.Contains(
            "dotnet run -c Release --project examples/TeacherFreeCifar -- teachers --preset cpu --epochs 1 --rows 40 --data FOLDER "
                + "--weights FOLDER",
            lines);
    }

    [Fact]
    public void What_the_paper_has_too_is_trained_as_its_code_trains_ResNet18()
    {
        var student = PaperNetwork.ResNet18;
        var teacher = new UniformTeacher();
        Assert.Equal(TfKdRecipes.Kd(student, PaperNetwork.ResNet50, teacher, RecipeSource.ReferenceCode).Objective, Of("kd-code"));
        Assert.Equal(TfKdRecipes.ReKd(student, PaperNetwork.MobileNetV2, teacher, RecipeSource.ReferenceCode).Objective, Of("re-kd"));
        Assert.Equal(TfKdRecipes.DeKd(student, PaperNetwork.ResNet50, teacher, RecipeSource.ReferenceCode).Objective, Of("de-kd"));
        Assert.Equal(TfKdRecipes.TfKdSelf(student, teacher, RecipeSource.ReferenceCode).Objective, Of("tf-kd-self"));

        static Objective Of(string name) => TeacherFreeCifarTests.Of(name).Objective(200);
    }

    // The figures of the example's page.
    [Theory]
    [InlineData("kd-code", 0.004)]
    [InlineData("re-kd", 0.004)]
    [InlineData("de-kd", 0.004)]
    [InlineData("re-kd-hinton", 0.43)]
    [InlineData("kd", 2.6)]
    [InlineData("tf-kd-self", 2.6)]
    public void The_teachers_gradient_is_so_long_beside_that_of_the_labels(string method, double expected)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var random = new Generator(1);
        var (student, teacher) = (Logits().requires_grad_(), Logits());
        var labels = arange(200) % 100;
        var objective = (KnowledgeDistillation)Method.All.Single(candidate => candidate.Name == method).Objective(3);
        var all = Gradient(objective.Evaluate(student, labels, teacher));
        var ofLabels = (1 - objective.Alpha) * Gradient(new CrossEntropy().Evaluate(student, labels));

        var ratio = ((all - ofLabels).norm(1) / ofLabels.norm(1)).mean().item<double>();
        Assert.InRange(ratio, 0.9 * expected, 1.1 * expected);

        Tensor Logits() => 2 * randn(200, 100, dtype: float64, generator: random);
        Tensor Gradient(Tensor value) => autograd.grad([value], [student])[0];
    }

    [Fact]
    public void Soft_targets_are_drawn()
    {
        var svg = XDocument.Parse(Figures.SoftTargets("teacher", [3, 2, 1, 0, 0, 0, -1], ["a", "b", "c", "d", "e", "f", "<g>"]));
        Assert.Contains("uniform", svg.Root!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_a_killed_writer_left_is_no_run_and_goes()
    {
        var path = Path.Combine(_folder, "runs.jsonl");
        using (var killed = new ResultsFile(path))
            killed.Append(RunRecords.Of("baseline", 1, 0.5));
        File.AppendAllText(path, "{\"preset\":\"cp");
        using var results = new ResultsFile(path);
        Assert.Single(results.Read());

        results.Append(RunRecords.Of("ls", 1, 0.6));
        Assert.Equal(["baseline", "ls"], results.Read().Select(run => run.Method));
    }

    [Fact]
    public void A_line_that_is_no_run_is_named()
    {
        var path = Path.Combine(_folder, "runs.jsonl");
        File.WriteAllText(path, "{}\n");
        using var results = new ResultsFile(path);
        Assert.StartsWith(
            $"Line 1 of '{path}' is no run: ",
            Assert.Throws<InvalidDataException>(results.Read).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_and_the_results_are_of_one_process_at_a_time()
    {
        var (laboratory, other, method) = (Open(), Open(), Method.All[0]);
        using (var claim = laboratory.TryClaim(_preset, method, 1))
        {
            Assert.NotNull(claim);
            Assert.Null(other.TryClaim(_preset, method, 1));
            using var ofAnotherSeed = other.TryClaim(_preset, method, 2);
            Assert.NotNull(ofAnotherSeed);
        }

        using var again = other.TryClaim(_preset, method, 1);
        Assert.NotNull(again);

        var path = Path.Combine(_folder, "runs.jsonl");
        using var results = new ResultsFile(path);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.ThrowsAny<OperationCanceledException>(() => new ResultsFile(path, stop.Token));
    }

    [Fact]
    public void A_gain_is_over_the_same_seed_and_noise_is_called_so()
    {
        RunRecord[] runs =
        [
            RunRecords.Of("baseline", 1, 0.50), RunRecords.Of("baseline", 2, 0.60), RunRecords.Of("baseline", 3, 0.70),
            RunRecords.Of("ls", 1, 0.51), RunRecords.Of("ls", 2, 0.61), RunRecords.Of("ls", 3, 0.712),
            RunRecords.Of("kd", 1, 0.55), RunRecords.Of("kd", 2, 0.60), RunRecords.Of("kd", 3, 0.69),
            RunRecords.Of("re-kd", 1, 0.55),
        ];
        var lines = Tables.Markdown(runs).Split('\n');

        // Gains 1, 1 and 1.2: mean 1.0667, deviation 0.1155, margin 4.303 * 0.1155 / sqrt(3) = 0.287.
        Assert.StartsWith(
            "| label smoothing 0.1 | 1 2 3 | 61.07 ± 10.10 | +1.07 ± 0.12 |  |",
            lines.Single(line => line.Contains("label smoothing", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "| KD, ResNet-56 | 1 2 3 | 61.33 ± 7.09 | +1.33 ± 3.21 | noise |",
            lines.Single(line => line.StartsWith("| KD", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "| Re-KD, ResNet-8 | 1 | 55.00 | +5.00 | one seed |",
            lines.Single(line => line.StartsWith("| Re-KD", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(3074 * 2 + 1)]
    public void A_file_of_another_size_is_refused(int bytes)
    {
        File.WriteAllLines(Path.Combine(_folder, "fine_label_names.txt"), ["a"]);
        File.WriteAllBytes(Path.Combine(_folder, "train.bin"), new byte[bytes]);
        Assert.Equal(
            $"'{Path.Combine(_folder, "train.bin")}' must have records of 3074 bytes, but has {bytes} bytes.",
            Assert.Throws<InvalidDataException>(() => Cifar100.Read(_folder, "train")).Message);
    }

    private static Method Of(string name) => Method.All.Single(method => method.Name == name);

    private string[] Weights() => Directory.GetFiles(_folder, "weights.safetensors", SearchOption.AllDirectories);

    private void WriteGivenTeachers()
    {
        foreach (var depth in new[] { 56, 32 })
        {
            using var given = new CifarResNet { Depth = depth }.Build(ClassCount);
            NetworkWeights.Save(given, Path.Combine(_folder, $"cifar100_resnet{depth}.pth"));
        }
    }

    private Laboratory Open(int rows = 40)
    {
        File.WriteAllLines(Path.Combine(_folder, "fine_label_names.txt"), ["apple", "bear", "chair", "dish"]);
        Write("train", rows);
        Write("test", 12);
        return new Laboratory(
            Cifar100.Read(_folder, "train"),
            new Lazy<IImageSource>(() => Cifar100.Read(_folder, "test")),
            _folder,
            Path.Combine(_folder, "work"),
            _ => []);
    }

    private void Write(string name, int rows)
    {
        var random = new Random(rows);
        using var file = File.Create(Path.Combine(_folder, $"{name}.bin"));
        var record = new byte[3074];
        for (var row = 0; row < rows; row++)
        {
            random.NextBytes(record);
            (record[0], record[1]) = (0, (byte)(row % ClassCount));
            file.Write(record);
        }
    }
}
