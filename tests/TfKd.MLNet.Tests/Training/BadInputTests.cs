using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>What a user may get wrong, and the whole text of what is said about it.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_image_that_cannot_be_decoded_stops_training_with_its_row_and_path()
    {
        var half = Spoil(5, bytes => bytes[..(bytes.Length / 2)]);
        var error = Assert.Throws<ImageDecodingException>(() => Fit(UndecodableImages.Throw));
        Assert.Equal(
            $"Row 5: the image in column 'Image', from '{half}', cannot be used. The Png image of 8x8 pixels and " +
            $"{new FileInfo(half).Length} bytes is damaged or cut short (IncompleteInput).",
            error.Message);
    }

    [Fact]
    public void Images_that_cannot_be_decoded_are_skipped_and_counted_where_that_is_asked_for()
    {
        Spoil(2, bytes => bytes[..(bytes.Length / 2)]);
        Spoil(3, _ => []);
        var text = Spoil(9, _ => "this is a text"u8.ToArray());
        var warnings = Fit(UndecodableImages.Skip);
        var warning = Assert.Single(warnings, line => line.Contains("cannot be decoded", StringComparison.Ordinal));
        Assert.StartsWith("3 images cannot be decoded and were left out. Row 2: ", warning, StringComparison.Ordinal);
        Assert.Contains("The image has no bytes. Expected a regular file", warning, StringComparison.Ordinal);
        Assert.Contains(
            $"Row 9: the image in column 'Image', from '{text}', cannot be used. 14 bytes are not an image of a known format (JPEG, PNG, " +
            "WebP, GIF, BMP); they begin with 7468697320697320.",
            warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deleted", "The file cannot be read: Could not find file '")]
    [InlineData("dangling", "The file cannot be read: ")]
    [InlineData("pipe", "The image has no bytes. Expected a regular file that is not empty, and no pipe or device.")]
    [InlineData("huge", "has 3221225472 bytes; the most that is read is 268435456 (ImageLimits.MaxFileBytes).")]
    [InlineData("elongated", "")]
    [InlineData("promise", "The Png image of 16384x16384 pixels would be decoded to 268435456; the most is 134217728")]
    public void A_file_that_cannot_be_an_image_is_skipped_or_named_with_its_row(string what, string reason)
    {
        var file = Write()[4];
        // After the folder was listed, as far as that matters.
        Action<string> spoil = what switch
        {
            "deleted" => File.Delete,
            "dangling" => path => Replace(path, () => File.CreateSymbolicLink(path, _folder.File("nowhere.png"))),
            "pipe" => path => Replace(path, () =>
            {
                using var make = Process.Start("mkfifo", [path]);
                make.WaitForExit();
            }),
            "huge" => path =>
            {
                using var stream = File.OpenWrite(path);
                stream.SetLength(3L << 30);
            }
            ,
            "elongated" => path => File.WriteAllBytes(path, Images.GreyPng(1, 200_000)),
            _ => path => File.WriteAllBytes(path, Images.GreyPng(16384, 16384, whole: false)),
        };
        var warnings = FitFolder(Once(UndecodableImages.Skip), () => spoil(file));
        if (reason.Length == 0)
        {
            Assert.DoesNotContain(warnings, line => line.Contains("cannot be decoded", StringComparison.Ordinal));
            return;
        }

        var warning = Assert.Single(warnings, line => line.Contains("cannot be decoded", StringComparison.Ordinal));
        var start = $"Row 4: the image in column 'Image', from '{file}', cannot be used. ";
        Assert.StartsWith($"1 images cannot be decoded and were left out. {start}", warning, StringComparison.Ordinal);
        Assert.Contains(reason, warning, StringComparison.Ordinal);
        if (!File.Exists(file))
            Replace(file, () => File.WriteAllBytes(file, []));
        var error = Assert.Throws<ImageDecodingException>(() => FitFolder(Once(UndecodableImages.Throw), () => spoil(file)));
        Assert.StartsWith(start, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_class_only_is_refused()
    {
        foreach (var file in Write().Where(file => !file.Contains("red", StringComparison.Ordinal)))
            File.Delete(file);
        Assert.Equal(
            "Label column 'Label' has 1 class ('red'); expected at least 2.",
            Assert.Throws<ArgumentException>(() => FitFolder(TrainingRuns.Options)).Message);
        // Three keys, of which the rows have one.
        Assert.Equal(
            "All 3 rows have the label 'red' in column 'Label'; a classifier needs rows of at least 2 classes.",
            Assert.Throws<InvalidOperationException>(() =>
                TrainingRuns.Fit(rows: ml => ml.Data.FilterRowsByKeyColumnFraction(TrainingRuns.Rows(ml, 9), "Label", 0, 0.3))).Message);
    }

    [Fact]
    public void No_rows_are_refused() => Assert.Equal(
        "There are no rows to train on: the data are empty, or no row has a label and an image that can be decoded.",
        Assert.Throws<InvalidOperationException>(() =>
            TrainingRuns.Fit(rows: ml => ml.Data.SkipRows(TrainingRuns.Rows(ml, 9), 9))).Message);

    [Fact]
    public void Data_without_rows_have_no_classes() => Assert.Equal(
        "Label column 'Label' has no classes: MapValueToKey found no row with a label. Expected at least 2 classes.",
        Assert.Throws<ArgumentException>(() => TrainingRuns.Fit(rows: ml =>
        {
            var none = ml.Data.LoadFromEnumerable(Array.Empty<InputRow>());
            return ml.Transforms.Conversion.MapValueToKey("Label").Fit(none).Transform(none);
        })).Message);

    [Fact]
    public void Two_output_columns_need_two_names() => Assert.Equal(
        "ScoreColumnName and PredictedLabelColumnName are both 'Result'; expected two names for two columns.",
        Assert.Throws<ArgumentException>(() => new MLContext().MulticlassClassification.Trainers.TorchImageClassification(
            TrainingRuns.Options with { ScoreColumnName = "Result", PredictedLabelColumnName = "Result" })).Message);

    [Fact]
    public void Decoded_images_have_one_or_three_channels() => Assert.Equal(
        "Image column 'Image' is Vector<Byte> of unknown size, of which images of 1 (grey) or 3 (RGB) channels are made; the network takes " +
        "4x8x8. Give it pixels of its own size, as a vector of floats, or another InputShape.",
        Assert.Throws<ArgumentException>(() => TrainingRuns.Fit(
            options: TrainingRuns.Options with { Network = new SmallCnn { InputShape = new ImageShape(4, 8, 8) } })).Message);

    [Fact]
    public void Rows_without_a_label_are_left_out_and_counted()
    {
        var ml = new MLContext(seed: 1);
        var warnings = Warnings(ml);
        var rows = TestRows.Make(30);
        rows[4].Label = "nothing that the keys know";
        ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with { MaxEpochs = 1 })
            .Fit(TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(rows)))
            .Dispose();
        Assert.Contains("1 rows have no label and were left out.", warnings);
    }

    [Fact]
    public void Columns_of_the_wrong_type_are_refused_by_fit_and_by_the_schema()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(9));
        var trainer = ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options);
        const string NoKey = "Label column 'Label' is Text; expected a key. " +
            "Append mlContext.Transforms.Conversion.MapValueToKey(\"Label\") before the trainer.";
        Assert.Equal(NoKey, Assert.Throws<ArgumentException>(() => trainer.Fit(rows)).Message);
        Assert.Equal(NoKey, Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(Shapes.Of(rows.Schema))).Message);
        Assert.Equal(
            "Image column 'Numbers' is Vector<Single> of unknown size; expected encoded bytes, text path, MLImage, or a known-size float " +
            "vector.",
            Assert.Throws<ArgumentException>(() =>
                TrainingRuns.Fit(options: TrainingRuns.Options with { ImageColumnName = "Numbers" })).Message);
        Assert.Equal(
            "Image column 'Photo' is not there; the columns are 'Number', 'Label', 'Image', 'Numbers'.",
            Assert.Throws<ArgumentException>(() =>
                TrainingRuns.Fit(options: TrainingRuns.Options with { ImageColumnName = "Photo" })).Message);
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_the_run()
    {
        var options = TrainingRuns.Options with { Optimizer = new Sgd { LearningRate = 1e30 }, Schedule = new ConstantSchedule() };
        Assert.Matches(
            @"^The objective is (NaN|Infinity) in epoch 1, step \d+, at learning rate 1E\+30 \(CrossEntropy",
            Assert.Throws<TrainingDivergedException>(() => TrainingRuns.Fit(options: options)).Message);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        var file = _folder.File("a file");
        File.WriteAllText(file, "");
        var below = Path.Combine(file, "below");
        Assert.StartsWith(
            $"CheckpointDirectory '{below}' is of no use: expected a folder that can be made and written to, found: ",
            Assert.Throws<IOException>(() => TrainingRuns.Fit(options: TrainingRuns.Options with { CheckpointDirectory = below })).Message,
            StringComparison.Ordinal);
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with { MaxEpochs = 1 });
        Assert.Contains(
            file, Assert.ThrowsAny<IOException>(() => model.SaveOnnx(Path.Combine(below, "model.onnx"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_refused_where_they_are_set()
    {
        Assert.Equal(
            "BatchSize must be above 0 and finite, but is 0. (Parameter 'BatchSize')\nActual value was 0.",
            Refusal(() => TrainingRuns.Options with { BatchSize = 0 }));
        Assert.Equal(
            "ValidationSetFraction must be within [0, 1) or null, but is 1. (Parameter 'ValidationSetFraction')\nActual value was 1.",
            Refusal(() => TrainingRuns.Options with { ValidationSetFraction = 1 }));
        Assert.Equal(
            "MaxGradientNorm must be above 0 and finite, but is -1. (Parameter 'MaxGradientNorm')\nActual value was -1.",
            Refusal(() => TrainingRuns.Options with { MaxGradientNorm = -1 }));
        Assert.Equal(
            "OnCancellation must be one of Throw, KeepBest, but is 5. (Parameter 'OnCancellation')\nActual value was 5.",
            Refusal(() => TrainingRuns.Options with { OnCancellation = (CancellationOutcome)5 }));
        Assert.Equal(
            "BestEpochMetric must be one of Accuracy, Loss, CalibrationError, but is 7. (Parameter 'BestEpochMetric')\nActual value was 7.",
            Refusal(() => TrainingRuns.Options with { BestEpochMetric = (ValidationMetric)7 }));
        Assert.Equal(
            "CheckpointInterval",
            Assert.Throws<ArgumentNullException>(() => TrainingRuns.Options with { CheckpointInterval = null! }).ParamName);
        Assert.Equal(
            "LabelColumnName must be a name, but is empty. (Parameter 'LabelColumnName')",
            Assert.Throws<ArgumentException>(() => TrainingRuns.Options with { LabelColumnName = "" }).Message);
    }

    private static string Refusal(Func<object> make) => Assert.Throws<ArgumentOutOfRangeException>(make).Message.ReplaceLineEndings("\n");

    private static List<string> Warnings(MLContext ml)
    {
        var warnings = new List<string>();
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
                warnings.Add(message.RawMessage);
        };
        return warnings;
    }

    /// <summary>Thirty images in three folders, whose names keep the order of the rows.</summary>
    private List<string> Write()
    {
        var files = new List<string>();
        foreach (var row in TestRows.Make(30).OrderBy(row => row.Label, StringComparer.Ordinal))
        {
            var file = Path.Combine(Directory.CreateDirectory(_folder.File(row.Label)).FullName, $"{row.Number:00}.png");
            if (!File.Exists(file))
                File.WriteAllBytes(file, row.Image);
            files.Add(file);
        }

        return files;
    }

    private string Spoil(int row, Func<byte[], byte[]> change)
    {
        var file = Write()[row];
        File.WriteAllBytes(file, change(File.ReadAllBytes(file)));
        return file;
    }

    private static void Replace(string file, Action make)
    {
        File.Delete(file);
        make();
    }

    private static TorchImageClassificationTrainer.Options Once(UndecodableImages undecodable) =>
        TrainingRuns.Options with { UndecodableImages = undecodable, MaxEpochs = 1 };

    private List<string> Fit(UndecodableImages undecodable) => FitFolder(Once(undecodable));

    private List<string> FitFolder(TorchImageClassificationTrainer.Options options, Action? afterListing = null)
    {
        var ml = new MLContext(seed: 1);
        var warnings = Warnings(ml);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label").Append(
            ml.MulticlassClassification.Trainers.TorchImageClassification(options));
        var rows = ml.Data.LoadImagesFromFolder(_folder.Path);
        afterListing?.Invoke();
        pipeline.Fit(rows).Dispose();
        return warnings;
    }
}
