using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>A row whose label says nothing of its image: what a student then knows of colours, a teacher has told it.</summary>
internal sealed class ColourRow
{
    public string Label { get; set; } = "";

    public string Colour { get; set; } = "";

    public byte[] Image { get; set; } = [];

    [VectorType(192)]
    public float[] Pixels { get; set; } = [];

    [VectorType(3)]
    public float[] Scores { get; set; } = [];
}

/// <summary>What the tests of teachers share.</summary>
internal static class TeacherCases
{
    public static readonly TorchImageClassificationTrainer.Options Options = TrainingRuns.Options with
    {
        Objective = new KnowledgeDistillation { Alpha = 1 },
        MaxEpochs = 6,
        ValidationSetFraction = null,
    };

    public static TeacherContext Context(ImageShape? shape = null, params string[] classes) =>
        new(classes.Length > 0 ? classes : TestRows.Names, shape ?? TestImages.Shape, CPU);

    public static ImageBatch Batch(Tensor images, int classCount = 3) =>
        new(
            images,
            Targets.FromLabels(zeros(images.shape[0], ScalarType.Int64), classCount),
            [.. Enumerable.Range(0, (int)images.shape[0])],
            View: 0);

    public static Tensor Pixels(int count, ImageShape shape, ScalarType type = ScalarType.Byte) =>
        randint(0, 256, [count, shape.Channels, shape.Height, shape.Width]).to(type);

    public static Tensor Teach(TeacherSource source, Tensor images, params string[] classes)
    {
        using var teacher = source.Open(Context(new ImageShape((int)images.shape[1], (int)images.shape[2], (int)images.shape[3]), classes));
        return teacher.Teach(Batch(images, classes.Length == 0 ? 3 : classes.Length)).Logits;
    }

    public static string Fingerprint(TeacherSource source, params string[] classes)
    {
        using var teacher = source.Open(Context(classes: classes));
        return teacher.Fingerprint!;
    }

    public static void AssertClose(Tensor expected, Tensor answer)
    {
        Assert.Equal(expected.shape, answer.shape);
        var difference = (expected - answer).abs().max().item<float>();
        Assert.True(difference < 1e-4 * Math.Max(1, expected.abs().max().item<float>()), $"differs by {difference}");
    }

    public static List<ColourRow> Rows(int count = 90) => [.. TestRows.Make(count).Select(row =>
    {
        var pixels = new byte[TestImages.Shape.ByteCount];
        ImageDecoder.Decode(row.Image, TestImages.Shape, pixels);
        return new ColourRow
        {
            Label = TestRows.Names[row.Number / 3 % 3],
            Colour = row.Label,
            Image = row.Image,
            Pixels = [.. pixels.Select(pixel => (float)pixel)],
            Scores = [.. TestRows.Names.Select(name => name == row.Label ? 0.8f : 0.1f)],
        };
    })];

    /// <summary>
    /// Trains a student in a pipeline on rows whose labels are worth nothing, and asserts that it learnt the colours all the same.
    /// </summary>
    public static void AssertTeachesColours(TeacherSource teacher)
    {
        var ml = new MLContext(seed: 1);
        var rows = Rows();
        var view = ml.Data.LoadFromEnumerable(rows);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(Options with { Teacher = teacher }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var model = pipeline.Fit(view);
        AssertColours(rows, model.Transform(view).GetColumn<string>("PredictedLabel"));
    }

    public static void AssertColours(IEnumerable<ColourRow> rows, IEnumerable<string> predicted)
    {
        var agreement = rows.Zip(predicted, (row, label) => row.Colour == label ? 1.0 : 0).Average();
        Assert.True(agreement > 0.6, $"agrees with the teacher on {agreement:P0}, where chance is 33 %");
    }

    /// <summary>A classifier of colours, trained in a moment.</summary>
    public static TorchImageClassificationTransformer TrainedOnColours() =>
        TrainingRuns.Fit(options: TrainingRuns.Options with { MaxEpochs = 6 });
}
