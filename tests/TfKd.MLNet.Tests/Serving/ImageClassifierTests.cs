using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>Photos without an IDataView: the same answers as the transformer's, and files that are replaced meanwhile.</summary>
public sealed class ImageClassifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string ModelPath => _folder.File("model.zip");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("none of them")]
    public void Predictions_are_those_of_the_transformer(string? rejected)
    {
        var ml = new MLContext(seed: 1);
        var rows = TestRows.Make(150);
        using var plain = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var input = ml.Data.LoadFromEnumerable(rows);
        var highest = TestRows.Read(ml, plain.Transform(input)).Select(row => row.Score.Max()).Order().ToList();
        // Half of the rows are rejected.
        using var model = plain.WithRejection(new Rejection { Threshold = highest[75], Label = rejected });
        ml.Model.Save(model, input.Schema, ModelPath);
        var scored = model.Transform(input);
        var expected = TestRows.Read(ml, scored);

        using var classifier = new ImageClassifier(ModelPath);
        Assert.Equal(TestRows.Names, classifier.ClassNames);
        var predictions = classifier.Predict([.. rows.Select(row => (ReadOnlyMemory<byte>)row.Image)]);
        Assert.Equal(150, predictions.Count);
        Assert.Equal(75, predictions.Count(prediction => prediction.IsRejected));
        for (var row = 0; row < 150; row++)
        {
            var key = expected[row].PredictedLabel;
            Assert.Equal(key is 0 ? null : key is 4 ? rejected : TestRows.Names[key - 1], predictions[row].PredictedLabel);
            Assert.Equal(expected[row].Score, predictions[row].Scores);
            Assert.Equal(expected[row].Score.Max(), predictions[row].Confidence);
            Assert.Equal(expected[row].Score.Max() < (float)highest[75], predictions[row].IsRejected);
            Assert.Equal(
                expected[row].Score.Zip(TestRows.Names).OrderByDescending(pair => pair.First).Take(2).Select(pair => (pair.Second, pair.First)),
                predictions[row].Top(2));
        }

        File.WriteAllBytes(_folder.File("photo.png"), rows[7].Image);
        Assert.Equal(expected[7].Score, classifier.PredictFile(_folder.File("photo.png")).Scores, Close);
        Assert.Equal(expected[7].Score, classifier.Predict(rows[7].Image).Scores, Close);
        Assert.Equal(3, classifier.Predict(rows[7].Image).Top(10).Count);
        Assert.Empty(classifier.Predict([]));
    }

    [Fact]
    public void A_pipeline_with_keys_and_loading_is_taken_and_one_that_changes_images_is_not()
    {
        var ml = new MLContext(seed: 1);
        File.WriteAllBytes(_folder.File("photo.png"), TestImages.Encode(0, 1));
        var files = ml.Data.LoadFromEnumerable(new[] { new { Label = "red", ImagePath = _folder.File("photo.png") } });
        var images = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.Transforms.LoadImages("Image", "", "ImagePath"));
        var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var before = images.Fit(files);
        ml.Model.Save(
            before.Append(transformer).Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(
                transformer.Transform(before.Transform(files)))),
            files.Schema,
            ModelPath);
        using (var classifier = new ImageClassifier(ModelPath))
            Assert.Contains(classifier.PredictFile(_folder.File("photo.png")).PredictedLabel, TestRows.Names);

        var grey = images.Append(ml.Transforms.ConvertToGrayscale("Image")).Fit(files);
        ml.Model.Save(grey.Append(transformer), files.Schema, ModelPath);
        Assert.Equal(
            $"The model's file '{ModelPath}' has a ImageGrayscalingTransformer before the classifier, which ImageClassifier would leave "
                + "out: expected photos to be scored as they are; predict with a PredictionEngine, or save the classifier without it.",
            Assert.Throws<InvalidDataException>(() => new ImageClassifier(ModelPath)).Message);
    }

    [Fact]
    public void What_cannot_be_loaded_or_decoded_says_which_and_why()
    {
        Assert.Equal(
            $"The model's file '{ModelPath}' is missing; expected what mlContext.Model.Save writes.",
            Assert.Throws<FileNotFoundException>(() => new ImageClassifier(ModelPath)).Message);
        File.WriteAllText(ModelPath, "no model");
        Assert.StartsWith(
            $"The model's file '{ModelPath}' is no model that ML.NET can load: ",
            Assert.Throws<InvalidDataException>(() => new ImageClassifier(ModelPath)).Message,
            StringComparison.Ordinal);
        Save(TestRows.Names);
        using var classifier = new ImageClassifier(ModelPath);
        var good = TestImages.Encode(0, 1);
        Assert.StartsWith(
            "Image 1 cannot be decoded: 3 bytes are not an image of a known format",
            Assert.Throws<ImageDecodingException>(() => classifier.Predict([good, new byte[] { 1, 2, 3 }, good])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Image 1 cannot be decoded: The image has no bytes.",
            Assert.Throws<ImageDecodingException>(() => classifier.Predict([good, Array.Empty<byte>()])).Message,
            StringComparison.Ordinal);
        File.WriteAllBytes(_folder.File("empty.png"), []);
        Assert.StartsWith(
            $"'{_folder.File("empty.png")}' cannot be decoded: ",
            Assert.Throws<ImageDecodingException>(() => classifier.PredictFile(_folder.File("empty.png"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => classifier.PredictFile(_folder.File("none.png")));
        File.WriteAllBytes(_folder.File("damaged.png"), [1, 2, 3]);
        Assert.StartsWith(
            $"'{_folder.File("damaged.png")}' cannot be decoded: 3 bytes are not an image of a known format",
            Assert.Throws<ImageDecodingException>(() => classifier.PredictFile(_folder.File("damaged.png"))).Message,
            StringComparison.Ordinal);
        // It goes on.
        Assert.Equal(3, classifier.Predict(good).Scores.Count);
        classifier.Dispose();
        classifier.Dispose();
        Assert.Throws<ObjectDisposedException>(() => classifier.Predict(good));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageClassifierOptions { CheckInterval = TimeSpan.Zero });
    }

    [Fact]
    public async Task A_file_that_is_replaced_is_loaded_again_after_the_interval()
    {
        Save("a", "b");
        var (clock, messages, warnings) = (new SetClock(), new List<string>(), new List<string>());
        using var classifier = OpenReloading(clock, messages.Add, warnings.Add);
        Save("c", "d", "e");
        Assert.Equal(["a", "b"], await ClassesAfter(seconds: 4));
        Assert.Equal(["c", "d", "e"], await ClassesAfter(seconds: 2));
        Assert.Equal([$"'{ModelPath}' was replaced, and is loaded again: 3 classes."], messages);

        File.WriteAllText(ModelPath, "half a model");
        Assert.Equal(["c", "d", "e"], await ClassesAfter(seconds: 6));
        Assert.Equal(["c", "d", "e"], await ClassesAfter(seconds: 6));
        Assert.StartsWith(
            $"'{ModelPath}' was replaced, and the new file cannot be used; the model that was there before goes on. The model's file ",
            Assert.Single(warnings),
            StringComparison.Ordinal);
        File.Delete(ModelPath);
        Assert.Equal(["c", "d", "e"], await ClassesAfter(seconds: 6));
        Save("f", "g");
        Assert.Equal(["f", "g"], await ClassesAfter(seconds: 6));

        async Task<IReadOnlyList<string>> ClassesAfter(int seconds)
        {
            clock.Seconds += seconds;
            classifier.Predict(TestImages.Encode(0, 1));
            await classifier.Reloading;
            return classifier.Predict(TestImages.Encode(0, 1)).ClassNames;
        }
    }

    [Fact]
    public void A_stamp_is_of_the_file_behind_a_link()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights that not every user has.");
        var (file, link) = (_folder.File("latest.zip"), _folder.File("link.zip"));
        File.WriteAllText(file, "one");
        File.CreateSymbolicLink(link, "latest.zip");
        Assert.Equal(FileStamp.Of(file), FileStamp.Of(link));
        File.WriteAllText(file, "another");
        Assert.Equal(7, FileStamp.Of(link)!.Value.Length);
        File.Delete(file);
        Assert.Null(FileStamp.Of(link));
    }

    [Fact]
    public async Task A_new_file_that_cannot_be_opened_yet_is_tried_again()
    {
        Save("a", "b");
        var (clock, messages, warnings) = (new SetClock(), new List<string>(), new List<string>());
        using var classifier = OpenReloading(clock, Fail, warnings.Add);
        Save("c", "d", "e");
        using (new FileStream(ModelPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            await Check();
            await Check();
            Assert.Equal(["a", "b"], classifier.ClassNames);
            Assert.Single(warnings);
        }

        await Assert.ThrowsAsync<InvalidOperationException>(Check);
        Assert.Equal(["c", "d", "e"], classifier.ClassNames);
        Assert.Single(messages);
        Assert.Single(warnings);

        void Fail(string message)
        {
            messages.Add(message);
            throw new InvalidOperationException("The log is full.");
        }

        async Task Check()
        {
            clock.Seconds += 6;
            classifier.Predict(TestImages.Encode(0, 1));
            await classifier.Reloading;
        }
    }

    [Fact]
    public async Task Threads_predict_while_the_file_is_replaced_and_each_answer_is_of_one_model()
    {
        var photo = TestImages.Encode(0, 1);
        Save("a", "b");
        var clock = new SetClock();
        using var classifier = new ImageClassifier(ModelPath, new ImageClassifierOptions { ReloadOnChange = true, Clock = clock });
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
        var isOver = false;
        var threads = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                var prediction = classifier.Predict(photo);
                Assert.Equal(prediction.ClassNames.Count, prediction.Scores.Count);
                Assert.Equal(1, prediction.Scores.Sum(), 1e-5);
                seen[prediction.Scores.Count] = true;
            }
        })).ToArray();
        string[] names = [.. Enumerable.Range(0, 12).Select(k => $"class{k}")];
        for (var count = 3; count <= 12; count++)
        {
            Save(names[..count]);
            clock.Seconds += 10;
            SpinWait.SpinUntil(() => seen.ContainsKey(count) || threads.Any(thread => thread.IsFaulted), TimeSpan.FromMinutes(1));
        }

        Volatile.Write(ref isOver, true);
        await Task.WhenAll(threads);
        Assert.Equal(Enumerable.Range(2, 11), seen.Keys.Order());
    }

    private static bool Close(float a, float b) => Math.Abs(a - b) < 1e-5;

    // Beside, and moved over, as programs replace files that others read.
    private void Save(params string[] names)
    {
        var ml = new MLContext(seed: 1);
        using var transformer = new TorchImageClassificationTransformer(
            TestModels.WithNetwork(TestModels.TextClasses(names)), TestModels.Columns);
        var schema = ml.Data.LoadFromEnumerable(Array.Empty<InputRow>()).Schema;
        ml.Model.Save(transformer, schema, _folder.File("new.zip"));
        File.Move(_folder.File("new.zip"), ModelPath, overwrite: true);
    }

    private ImageClassifier OpenReloading(TimeProvider clock, Action<string> message, Action<string> warning) =>
        new(ModelPath, new ImageClassifierOptions
        {
            ReloadOnChange = true,
            CheckInterval = TimeSpan.FromSeconds(5),
            MessageCallback = message,
            WarningCallback = warning,
            Clock = clock,
        });

    private sealed class SetClock : TimeProvider
    {
        private long _ticks;

        public int Seconds
        {
            get => (int)(Volatile.Read(ref _ticks) / TimestampFrequency);
            set => Volatile.Write(ref _ticks, value * TimestampFrequency);
        }

        public override long GetTimestamp() => Volatile.Read(ref _ticks);
    }
}
