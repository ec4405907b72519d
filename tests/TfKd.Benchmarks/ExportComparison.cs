using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using TfKd.MLNet;

namespace TfKd.Benchmarks;

/// <summary>The scores of one model by all the ways it can be kept, over a folder of photos; and by many threads at once.</summary>
internal static class ExportComparison
{
    private const int Threads = 32;

    /// <param name="photos">A folder with a sub-folder a class.</param>
    /// <param name="seconds">For how long the threads score.</param>
    public static void Run(string photos, int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-exports");
        try
        {
            var ml = new MLContext(seed: 1);
            var rows = ml.Data.LoadImagesFromFolder(photos);
            rows = ml.Transforms.Conversion.MapValueToKey("Label").Fit(rows).Transform(rows);
            var options = new TorchImageClassificationTrainer.Options
            {
                ImageColumnName = "ImagePath",
                ImageWidth = 64,
                ImageHeight = 64,
                MaxEpochs = 10,
                CalibrateScores = true,
            };
            using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
            ml.Model.Save(model, rows.Schema, Path.Combine(folder.FullName, "model.zip"));
            ml.Model.Save(model.ToPortable(ml), rows.Schema, Path.Combine(folder.FullName, "portable.zip"));
            model.SaveOnnx(Path.Combine(folder.FullName, "model.onnx"));

            var expected = Scores(model, rows);
            using var zip = (TorchImageClassificationTransformer)ml.Model.Load(Path.Combine(folder.FullName, "model.zip"), out _);
            var portable = ml.Model.Load(Path.Combine(folder.FullName, "portable.zip"), out _);
            using var ownedPortable = portable as IDisposable;
            using var torch = model.WithBackend(ScoringBackend.Torch);
            Compare("zip, loaded", expected, Scores(zip, rows));
            Compare("ONNX file, ONNX Runtime alone", expected, OfFile(
                Path.Combine(folder.FullName, "model.onnx"), model.Model.InputShape, rows));
            Compare("Torch", expected, Scores(torch, rows));
            Compare("portable zip (ML.NET's own resizing)", expected, Scores(portable, rows));
            Hammer(zip, rows, expected, seconds);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Hammer(TorchImageClassificationTransformer transformer, IDataView rows, float[][] expected, int seconds)
    {
        var (passes, wrong) = (0L, 0L);
        var stopwatch = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            while (stopwatch.Elapsed.TotalSeconds < seconds)
            {
                var found = Scores(transformer, rows);
                Interlocked.Increment(ref passes);
                Interlocked.Add(ref wrong, expected.Zip(found).Count(row => !row.First.AsSpan().SequenceEqual(row.Second)));
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Console.WriteLine(FormattableString.Invariant(
            $"{Threads} threads, one transformer, {stopwatch.Elapsed.TotalSeconds:F0} s: {passes * expected.Length} rows scored, {wrong} with another score than one thread gives"));
    }

    private static void Compare(string name, float[][] expected, float[][] found) => Console.WriteLine(FormattableString.Invariant(
        $"{name}: {expected.Zip(found).Count(row => Best(row.First) == Best(row.Second))} of {expected.Length} top-1 the same, greatest difference of a score {expected.Zip(found).Max(row => row.First.Zip(row.Second).Max(pair => Math.Abs(pair.First - pair.Second))):E1}"));

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());

    private static float[][] Scores(ITransformer transformer, IDataView rows) =>
        [.. transformer.Transform(rows).GetColumn<float[]>("Score")];

    private static float[][] OfFile(string path, ImageShape shape, IDataView rows)
    {
        using var session = new InferenceSession(path);
        using var options = new RunOptions();
        var pixels = new byte[shape.ByteCount];
        return [.. rows.GetColumn<string>("ImagePath").Select(photo =>
        {
            ImageDecoder.Decode(File.ReadAllBytes(photo), shape, pixels);
            using var input = OrtValue.CreateTensorValueFromMemory(pixels, [1, shape.Channels, shape.Height, shape.Width]);
            using var outputs = session.Run(options, ["images"], [input], ["scores"]);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        })];
    }
}
