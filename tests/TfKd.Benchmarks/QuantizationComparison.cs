using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// What the numbers of an ONNX file's weights cost and save: published networks on the 10,000 test images of CIFAR-100, calibrated on
/// training images, and the time of networks with random weights. ONNX Runtime has one thread.
/// </summary>
internal static class QuantizationComparison
{
    private const int TestCount = 10_000;
    private const int CalibrationCount = 1_000;
    private const int BatchSize = 32;
    private const int Rounds = 9;

    public static void Run()
    {
        if (CifarFiles.Find() is not { } files)
            return;
        TorchRuntime.EnsureLoaded();
        Console.WriteLine(Conditions.Describe(typeof(InferenceSession)) + " ONNX Runtime has one thread.");
        Console.WriteLine();
        Console.WriteLine("| network | weights | KiB | top-1 | same label | log-loss | ECE | ms an image, batch 1 | batch 32 |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        using var test = files.Read("test", TestCount);
        using var training = files.Read("train", CalibrationCount);
        foreach (var depth in new[] { 20, 56 })
        {
            using var network = files.Open(depth);
            Measure(Invariant($"ResNet-{depth}"), network, training, test);
        }

        Console.WriteLine();
        Console.WriteLine("| network, random weights | weights | KiB | ms an image, batch 1 | batch 32 |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var architecture in new NetworkArchitecture[] { new ResNet(), new MobileNetV2(), new ShuffleNetV2(), new MobileNetV3() })
            MeasureTime(architecture);
    }

    private static void Measure(string name, ImageNetwork network, DecodedCache training, DecodedCache test)
    {
        int[]? reference = null;
        foreach (var (weights, options) in Forms(network, training))
        {
            var model = Export(network, name, weights, options);
            using var session = Open(model);
            var (metrics, labels) = Score(session, test);
            reference ??= labels;
            var same = labels.Zip(reference).Count(pair => pair.First == pair.Second) / (double)labels.Length;
            Console.WriteLine(
                Invariant($"| {name} | {weights} | {model.Length / 1024.0:F0} | {100 * metrics.Top1:F2} % | {100 * same:F2} % ")
                + Invariant($"| {metrics.NegativeLogLikelihood:F4} | {metrics.ExpectedCalibrationError:F4} ")
                + Invariant($"| {Time(session, test, 1):F3} | {Time(session, test, BatchSize):F3} |"));
        }
    }

    private static void MeasureTime(NetworkArchitecture architecture)
    {
        torch.random.manual_seed(7);
        using var network = architecture.Build(1000);
        using var images = Noise(architecture.InputShape);
        network.eval();
        foreach (var (weights, options) in Forms(network, images))
        {
            var name = architecture.GetType().Name;
            var model = Export(network, name, weights, options);
            using var session = Open(model);
            Console.WriteLine(
                Invariant($"| {name}, {architecture.InputShape} | {weights} | {model.Length / 1024.0:F0} ")
                + Invariant($"| {Time(session, images, 1):F2} | {Time(session, images, BatchSize):F2} |"));
        }
    }

    private static DecodedCache Noise(ImageShape shape)
    {
        var (images, random, pixels) = (new DecodedCache(shape, ["a"]), new Random(1), new byte[shape.ByteCount]);
        for (var row = 0; row < BatchSize; row++)
        {
            random.NextBytes(pixels);
            images.Add(pixels, 0);
        }

        return images;
    }

    private static IEnumerable<(string Name, OnnxExportOptions Options)> Forms(ImageNetwork network, DecodedCache images)
    {
        var plain = new OnnxExportOptions { InputShape = network.Architecture.InputShape };
        var integers = plain with { Weights = OnnxWeights.Int8, Calibration = network.Calibrate(images) };
        return
        [
            ("float32", plain),
            ("float16", plain with { Weights = OnnxWeights.Float16 }),
            ("int8", integers),
            ("int8 of 7 bits", integers with { ReduceRange = true }),
            ("int8, first layer float32", integers with { FloatLayers = FloatLayers.First }),
            ("int8, last layer float32", integers with { FloatLayers = FloatLayers.Last }),
        ];
    }

    // With TFKD_MODELS set, the files are left there, for other programs to look at.
    private static byte[] Export(ImageNetwork network, string name, string weights, OnnxExportOptions options)
    {
        var model = OnnxExporter.Export(network, options);
        if (Environment.GetEnvironmentVariable("TFKD_MODELS") is { } folder)
            File.WriteAllBytes(Path.Combine(folder, $"{name} {weights}.onnx"), model);
        return model;
    }

    public static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        return new InferenceSession(model, options);
    }

    public static (ClassificationMetrics Metrics, int[] Labels) Score(InferenceSession session, DecodedCache rows)
    {
        var metrics = new MetricsAccumulator();
        var labels = new int[rows.Count];
        for (var first = 0; first < rows.Count; first += BatchSize)
        {
            var count = Math.Min(BatchSize, rows.Count - first);
            var logits = Run(session, Pixels(rows, first, count), count, rows.Shape);
            var width = logits.Length / count;
            for (var row = 0; row < count; row++)
                (labels[first + row], _) = metrics.Add(logits.AsSpan(row * width, width), rows.GetLabel(first + row));
        }

        return (metrics.ToMetrics(), labels);
    }

    private static double Time(InferenceSession session, DecodedCache rows, int count)
    {
        var pixels = Pixels(rows, 0, count);
        var repeats = Math.Max(1, 16 / count);
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var repeat = 0; repeat < repeats; repeat++)
                Run(session, pixels, count, rows.Shape);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / repeats / count);
        }

        return Median.Of(times);
    }

    private static byte[] Pixels(DecodedCache rows, int first, int count)
    {
        var pixels = new byte[count * rows.Shape.ByteCount];
        for (var row = 0; row < count; row++)
            rows.ReadPixels(first + row, pixels.AsSpan(row * rows.Shape.ByteCount, rows.Shape.ByteCount));
        return pixels;
    }

    private static float[] Run(InferenceSession session, byte[] pixels, int count, ImageShape shape)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(pixels, [count, shape.Channels, shape.Height, shape.Width]);
        using var run = new RunOptions();
        using var outputs = session.Run(run, ["images"], [input], ["scores"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
