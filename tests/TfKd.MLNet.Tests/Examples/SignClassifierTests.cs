using Microsoft.ML;
using ModelBuilder;
using SkiaSharp;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>Code in the form of Model Builder's, used as code written for generated files does.</summary>
public sealed class SignClassifierTests(SignClassifierTests.Trained trained) : IClassFixture<SignClassifierTests.Trained>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void The_model_s_file_is_beside_the_program() =>
        Assert.Equal(Path.Combine(AppContext.BaseDirectory, "SignClassifier.mlnet"), trained.DefaultPath);

    [Fact]
    public void Eight_threads_at_once_predict_what_one_does()
    {
        SignClassifier.ModelOutput[] expected = [.. SignClassifier.Predict(trained.Photos)];
        var threads = Enumerable.Range(0, 8).Select(first =>
        {
            var found = new SignClassifier.ModelOutput[expected.Length];
            // Each begins at another photo: the same photo at the same time would hide whose answer it is.
            var thread = new Thread(() =>
            {
                for (var i = 0; i < found.Length; i++)
                {
                    var photo = (first * 7 + i) % found.Length;
                    found[photo] = SignClassifier.Predict(trained.Photos[photo]);
                }
            });
            thread.Start();
            return (thread, found);
        }).ToList();
        foreach (var (thread, found) in threads)
        {
            thread.Join();
            for (var photo = 0; photo < found.Length; photo++)
            {
                Assert.Equal(trained.Photos[photo].ImageSource, found[photo].ImageSource);
                Assert.Equal(expected[photo].PredictedLabel, found[photo].PredictedLabel);
                Assert.All(expected[photo].Score.Zip(found[photo].Score), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            }
        }

        // Answers that were mixed up would be seen.
        Assert.True(
            expected.Max(output => output.Score[0]) - expected.Min(output => output.Score[0]) > 0.05,
            string.Join(", ", expected.Select(output => output.Score[0])));
    }

    [Fact]
    public void Scores_come_with_their_labels_the_highest_first()
    {
        var output = SignClassifier.PredictEngine.Value!.Predict(trained.Photos[0]);
        var scores = SignClassifier.PredictAllLabels(trained.Photos[0]).ToList();
        Assert.Equal(DrawnSigns.Names, SignClassifier.GetLabels(output).Order());
        Assert.Equal(output.PredictedLabel, scores[0].Key);
        Assert.Equal(output.Score.OrderDescending(), scores.Select(score => score.Value));
        Assert.Equal(SignClassifier.GetSortedScoresWithLabels(output), scores);
        Assert.All(scores, score => Assert.Equal(score.Value, output.Score[SignClassifier.GetLabels(output).ToList().IndexOf(score.Key)]));
    }

    [Fact]
    public void A_photo_without_a_label_is_predicted() =>
        Assert.Contains(
            SignClassifier.Predict(new SignClassifier.ModelInput { ImageSource = DrawnSigns.Draw(500) }).PredictedLabel, DrawnSigns.Names);

    [Fact]
    public void Report_has_each_class_with_all_of_its_photos()
    {
        var metrics = SignClassifier.Evaluate(_ml, _ml.Data.LoadFromEnumerable(trained.Photos), Trained.Load(_ml));
        using var writer = new StringWriter();
        SignClassifier.WriteReport(writer, metrics, [.. SignClassifier.GetLabels(new SignClassifier.ModelOutput())]);
        var lines = writer.ToString().Split(Environment.NewLine);
        Assert.Equal(
            $"Accuracy {metrics.MicroAccuracy:P1}, mean over classes {metrics.MacroAccuracy:P1}, log-loss {metrics.LogLoss:F3}", lines[0]);
        Assert.All(
            DrawnSigns.Names,
            name =>
                Assert.Contains(
                    lines,
                    line =>
                        line.StartsWith($"{name} ", StringComparison.Ordinal)
                            && line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] == "20"));
        var matrix = DrawnSigns.Names.Select(name =>
            lines.Single(line =>
                line.Length > 4 && line[4..].StartsWith(name, StringComparison.Ordinal) && char.IsDigit(line[1]))[(4 + name.Length)..]);
        Assert.Equal(
            60, matrix.SelectMany(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(cell => cell != ".").Sum(int.Parse));
    }

    [Fact]
    public void Permuted_tiles_cost_accuracy_where_the_class_is_to_be_seen()
    {
        // The class is the colour of the tile in the middle of the right side; all else is noise.
        SKColor[] colours = [new(220, 30, 30), new(30, 220, 30), new(30, 30, 220)];
        var rows = Enumerable.Range(0, 90).Select(i =>
        {
            var random = new Random(i);
            return new SignClassifier.ModelInput
            {
                Label = TestRows.Names[i % 3],
                ImageSource = Images.Encode(
                    12,
                    12,
                    (x, y) =>
                        x >= 8 && y is >= 4 and < 8
                            ? colours[i % 3]
                            : new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256))),
            };
        }).ToList();
        var data = _ml.Data.LoadFromEnumerable(rows);
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with
            {
                ImageColumnName = "ImageSource",
                Network = TestModels.Architecture with { InputShape = new ImageShape(3, 12, 12) },
                MaxEpochs = 12,
            }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var model = pipeline.Fit(data);
        Assert.True(SignClassifier.Evaluate(_ml, data, model).MicroAccuracy > 0.95);

        var importance = SignClassifier.CalculatePFI(_ml, data, model, "Label");
        Assert.Equal(9, importance.Select(tile => tile.Item1).Distinct().Count());
        Assert.Equal(importance.OrderByDescending(tile => tile.Item2), importance);
        Assert.Equal("middle right", importance[0].Item1);
        Assert.True(importance[0].Item2 > 0.4 && importance[1].Item2 < 0.2, string.Join(", ", importance));
    }

    [Fact]
    public void Loaded_folder_has_the_columns_of_generated_code()
    {
        using var folder = new TemporaryFolder();
        var data = SignClassifier.LoadImageFromFolder(_ml, DrawnSigns.DrawFolder(folder.Path, 6));
        SignClassifier.ModelInput[] rows = [.. _ml.Data.CreateEnumerable<SignClassifier.ModelInput>(data, reuseRowObject: false)];
        Assert.Equal(["ImagePath", "Label", "ImageSource"], data.Schema.Select(column => column.Name));
        Assert.Equal(DrawnSigns.Names.SelectMany(name => new[] { name, name }), rows.Select(row => row.Label));
        Assert.Equal(DrawnSigns.Draw(0), rows[0].ImageSource);
    }

    /// <summary>
    /// A model that was trained for eight epochs, and photos it was not trained on. The class under test loads one model a process.
    /// </summary>
    public sealed class Trained : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public Trained()
        {
            DefaultPath = SignClassifier.MLNetModelPath;
            SignClassifier.MLNetModelPath = _folder.File("models/signs.mlnet");
            var ml = new MLContext(seed: 1);
            var data = SignClassifier.LoadImageFromFolder(ml, DrawnSigns.DrawFolder(_folder.Path, 90));
            using var model = (IDisposable)SignClassifier.BuildPipeline(ml, epochs: 8).Fit(data);
            SignClassifier.SaveModel(ml, (ITransformer)model, data, SignClassifier.MLNetModelPath);
            Photos =
            [
                .. Enumerable.Range(90, 60).Select(number =>
                    new SignClassifier.ModelInput
                    {
                        Label = DrawnSigns.Names.ElementAt(number % 3),
                        ImageSource = DrawnSigns.Draw(number),
                    }),
            ];
        }

        public string DefaultPath { get; }

        public SignClassifier.ModelInput[] Photos { get; }

        public static ITransformer Load(MLContext ml) => ml.Model.Load(SignClassifier.MLNetModelPath, out _);

        public void Dispose() => _folder.Dispose();
    }
}
