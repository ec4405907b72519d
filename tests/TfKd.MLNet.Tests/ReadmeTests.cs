using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of README.md: they stand here as they stand there, are compiled, and run.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _before = Environment.CurrentDirectory;

    public void Dispose()
    {
        Environment.CurrentDirectory = _before;
        _folder.Dispose();
    }

    [Fact]
    public void Programs_of_the_readme_run()
    {
        Environment.CurrentDirectory = _folder.Path;
        foreach (var row in TestRows.Make(30))
        {
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine("photos", row.Label)).FullName, $"{row.Number}.png"), row.Image);
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine("new photos", row.Label)).FullName, $"{row.Number}.png"), row.Image);
        }

        var console = Console.Out;
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            Train();
            Distil(TestRows.Make(24));
            Transfer(TestRows.Make(24));
            Predict();
        }
        finally
        {
            Console.SetOut(console);
        }

        var lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("Teacher, targets at temperature 4", lines[1]);
        Assert.All(lines[^30..], line => Assert.Contains(line, TestRows.Names));
    }

    [Fact]
    public void Programs_of_the_readme_are_these()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "TfKd.MLNet.sln")))
            root = root.Parent ?? throw new DirectoryNotFoundException("The checkout is not above the test's folder.");
        var readme = File.ReadAllText(Path.Combine(root.FullName, "README.md"));
        var source = Normalize(File.ReadAllText(Path.Combine(root.FullName, "tests", "TfKd.MLNet.Tests", "ReadmeTests.cs")));
        var programs = Regex.Matches(readme, "```csharp\n(.*?)```", RegexOptions.Singleline);
        Assert.Equal(4, programs.Count);
        Assert.All(programs, program => Assert.Contains(Normalize(program.Groups[1].Value), source, StringComparison.Ordinal));
    }

    private static void Train()
    {
        var ml = new MLContext(seed: 1);
        var split = ml.Data.TrainTestSplit(ml.Data.LoadImagesFromFolder("photos"), 0.2);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
            {
                Network = new CifarResNet { Depth = 20 },
                Objective = new TfKdRegularization { Alpha = 0.1, Temperature = 20 },
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var model = pipeline.Fit(split.TrainSet);
        Console.WriteLine(ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet)).MicroAccuracy);
        ml.Model.Save(model, split.TrainSet.Schema, "model.zip");
    }

    private static void Distil(IReadOnlyList<InputRow> photoRows)
    {
        var ml = new MLContext(seed: 1);
        var photos = ml.Data.LoadFromEnumerable(photoRows);
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
            Teacher = new TrainedTeacher(new CifarResNet { Depth = 20 }),
            Views = 4,
        };
        var rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform(photos);
        using var student = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
        Console.WriteLine(student.Model.Card.Training.TeacherReport);
    }

    private static void Transfer(IReadOnlyList<InputRow> photoRows)
    {
        using (var pretrained = new SqueezeNet().Build(1000))
            NetworkWeights.Save(pretrained, "squeezenet1_0.pth");
        var ml = new MLContext(seed: 1);
        var photos = ml.Data.LoadFromEnumerable(photoRows);
        var squeezeNet = new SqueezeNet();
        var options = new TorchImageClassificationTrainer.Options
        {
            Network = squeezeNet,
            WeightsPath = "squeezenet1_0.pth",
            Normalization = ChannelStatistics.ImageNet,
            FrozenStages = squeezeNet.GetStages().Count,
            Augmentations = [],
            Optimizer = new AdamW(),
        };
        var rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(photos).Transform(photos);
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
    }

    private static void Predict()
    {
        var ml = new MLContext();
        var model = ml.Model.Load("model.zip", out _);
        var predictions = model.Transform(ml.Data.LoadImagesFromFolder("new photos"));
        foreach (var label in predictions.GetColumn<string>("PredictedLabel"))
            Console.WriteLine(label);
    }

    private static string Normalize(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()));
}
