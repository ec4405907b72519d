using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using TfKd.MLNet;

namespace TfKd.Benchmarks;

/// <summary>
/// Images a second from photos, and from pixels that are ready, as a Markdown table: the transformer, by ONNX Runtime and by Torch, against
/// ONNX Runtime alone and against ML.NET's own chain. All take turns in each round, and what is told are medians of ratios within rounds.
/// </summary>
internal static class ScoringComparison
{
    private const int ReadyRows = 256;
    private const int ReadyBatch = 32;
    private const string Alone = "ONNX Runtime alone, ready tensors";
    private const string Chain = "ML.NET's LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel, files";

    /// <param name="photos">A folder with a sub-folder a class.</param>
    /// <param name="rounds">How often each is measured.</param>
    public static void Run(string photos, int rounds)
    {
        TorchRuntime.EnsureLoaded();
        Console.WriteLine("# Scoring");
        Console.WriteLine();
        Console.WriteLine($"{Conditions.Describe(typeof(MLContext), typeof(InferenceSession))} float32 but for the lines in 8-bit integers, {rounds} rounds.");
        foreach (var architecture in new NetworkArchitecture[] { new MobileNetV2(), new ShuffleNetV2 { WidthMultiplier = 0.5 } })
            Run(architecture, photos, rounds);
    }

    private static void Run(NetworkArchitecture architecture, string photos, int rounds)
    {
        TorchSharp.torch.random.manual_seed(1);
        using var network = architecture.Build(5);
        network.Normalization.Set(ChannelStatistics.ImageNet);
        network.eval();
        var classes = ClassKeys.FromCard(new ClassList(
            "Text", System.Text.Json.JsonSerializer.SerializeToElement(new[] { "a", "b", "c", "d", "e" })));
        using var model = new TorchImageClassificationTransformer(
            NetworkExport.ToModel(network, classes, new TrainingProvenance()), new TransformerColumns(
                "ImagePath", "Score", "PredictedLabel"));
        using var ofIntegers = new TorchImageClassificationTransformer(
            InIntegers(network, classes), new TransformerColumns("ImagePath", "Score", "PredictedLabel"));
        using var ofPixels = new TorchImageClassificationTransformer(
            model.Model, new TransformerColumns("Pixels", "Score", "PredictedLabel"));
        using var ofFloats = new TorchImageClassificationTransformer(
            model.Model, new TransformerColumns("Floats", "Score", "PredictedLabel"));
        using var byTorch = ofPixels.WithBackend(ScoringBackend.Torch);

        var ml = new MLContext(seed: 1);
        var files = Directory.EnumerateFiles(photos, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var paths = ml.Data.LoadFromEnumerable(files.Select(path => new { ImagePath = path }));
        using var portable = (IDisposable)model.ToPortable(ml);
        var ready = Ready(architecture.InputShape.ByteCount);
        var type = SchemaDefinition.Create(typeof(PixelRow));
        type[nameof(PixelRow.Pixels)].ColumnType = new VectorDataViewType(
            NumberDataViewType.Byte, architecture.InputShape.Channels, architecture.InputShape.Height, architecture.InputShape.Width);
        type[nameof(PixelRow.Floats)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, architecture.InputShape.ByteCount);
        var pixels = ml.Data.LoadFromEnumerable(
            ready.Select(row => new PixelRow { Pixels = row, Floats = Array.ConvertAll(row, value => (float)value) }).ToList(), type);
        using var engine = ml.Model.CreatePredictionEngine<PathRow, ScoredRow>(
            model, new PredictionEngineOptions { OwnsTransformer = false });
        using var engineOfIntegers = ml.Model.CreatePredictionEngine<PathRow, ScoredRow>(
            ofIntegers, new PredictionEngineOptions { OwnsTransformer = false });
        // With the session's own settings: workers that wait without spinning.
        using var session = OnnxSession.Open(model.Model.Onnx.ToArray(), model.Model.OnnxContent, "the model");

        var ways = new (string Name, int Count, Action Run)[]
        {
            (Alone, ReadyRows, () => RunAlone(session, ready, architecture.InputShape)),
            ("Transform, ready pixels", ReadyRows, () => Read(ofPixels, pixels)),
            ("Transform, ready pixels as floats", ReadyRows, () => Read(ofFloats, pixels)),
            ("Transform by Torch, ready pixels", ReadyRows, () => Read(byTorch, pixels)),
            ("Transform, files", files.Count, () => Read(model, paths)),
            (Chain, files.Count, () => Read((ITransformer)portable, paths)),
            ("PredictionEngine, files", files.Count, () => files.ForEach(path => engine.Predict(new PathRow { ImagePath = path }))),
            ("Transform in 8-bit integers, files", files.Count, () => Read(ofIntegers, paths)),
            ("PredictionEngine in 8-bit integers, files", files.Count, () => files.ForEach(
                path => engineOfIntegers.Predict(new PathRow { ImagePath = path }))),
        };
        foreach (var way in ways)
            way.Run();
        var speeds = ways.Select(_ => new List<double>()).ToArray();
        var allocated = new double[ways.Length];
        for (var round = 0; round < rounds; round++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var (start, before) = (Stopwatch.GetTimestamp(), GC.GetTotalAllocatedBytes(precise: true));
                ways[way].Run();
                speeds[way].Add(ways[way].Count / Stopwatch.GetElapsedTime(start).TotalSeconds);
                allocated[way] = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)ways[way].Count;
            }
        }

        Print(architecture, [.. ways.Select((way, number) => (way.Name, speeds[number], allocated[number]))]);
    }

    private static void Print(NetworkArchitecture architecture, IReadOnlyList<(string Name, List<double> Speeds, double Bytes)> ways)
    {
        Console.WriteLine();
        Console.WriteLine($"## {architecture}");
        Console.WriteLine();
        Console.WriteLine("| | images/s | / ONNX Runtime alone | / ML.NET's chain | kB of managed memory an image |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var way in ways)
        {
            var fromFiles = way.Name.EndsWith("files", StringComparison.Ordinal);
            var ratio = Median.Of(way.Speeds.Zip(ways.Single(other => other.Name == (fromFiles ? Chain : Alone)).Speeds, (a, b) => a / b));
            var (alone, chain) = fromFiles ? ("", $"{ratio:F2}") : ($"{ratio:F2}", "");
            Console.WriteLine(FormattableString.Invariant(
                $"| {way.Name} | {Median.Of(way.Speeds):F1} | {alone} | {chain} | {way.Bytes / 1024:F1} |"));
        }
    }

    // On noise: the time does not depend on the ranges.
    private static TorchImageClassificationModel InIntegers(ImageNetwork network, ClassKeys classes)
    {
        using var images = new DecodedCache(network.Architecture.InputShape, ["a"]);
        foreach (var pixels in Ready(images.Shape.ByteCount).Take(ReadyBatch))
            images.Add(pixels, 0);
        var form = new OnnxForm { Numbers = new OnnxNumbers(OnnxWeights.Int8, network.Calibrate(images)) };
        return NetworkExport.ToModel(network, classes, new TrainingProvenance(), form);
    }

    private static List<byte[]> Ready(int byteCount)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, ReadyRows).Select(_ =>
        {
            var row = new byte[byteCount];
            random.NextBytes(row);
            return row;
        })];
    }

    private static void RunAlone(InferenceSession session, List<byte[]> rows, ImageShape shape)
    {
        using var options = new RunOptions();
        var block = new byte[ReadyBatch * shape.ByteCount];
        foreach (var batch in rows.Chunk(ReadyBatch))
        {
            for (var row = 0; row < batch.Length; row++)
                batch[row].CopyTo(block, row * shape.ByteCount);
            using var input = OrtValue.CreateTensorValueFromMemory(block, [batch.Length, shape.Channels, shape.Height, shape.Width]);
            using var outputs = session.Run(options, ["images"], [input], ["scores"]);
        }
    }

    private static void Read(ITransformer transformer, IDataView rows)
    {
        var scored = transformer.Transform(rows);
        using var cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"]);
        VBuffer<float> scores = default;
        while (cursor.MoveNext())
            getter(ref scores);
    }

    private sealed class PixelRow
    {
        public byte[] Pixels { get; set; } = [];

        public float[] Floats { get; set; } = [];
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class ScoredRow
    {
        public float[] Score { get; set; } = [];
    }
}
