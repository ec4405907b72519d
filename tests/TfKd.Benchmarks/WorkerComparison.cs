using System.Diagnostics;
using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using OnnxServing;
using TfKd.MLNet;
using TfKd.MLNet.Tests;

namespace TfKd.Benchmarks;

/// <summary>The worker of examples/OnnxServing/Score: its speed against bare loops, its memory over many photos, and kills.</summary>
internal static class WorkerComparison
{
    private const int Batch = 32, PhotosARound = 600;

    /// <summary>
    /// Images a second of MobileNetV2 at 224x224, in turns: the network alone, decoding alone, a bare loop that decodes a batch on all
    /// cores and then scores it, and the worker, with all it does: list, hash of the model, session, rows, record.
    /// </summary>
    /// <param name="photos">A folder of photos.</param>
    /// <param name="rounds">How often each is measured.</param>
    public static void Speed(string photos, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-worker-").FullName;
        try
        {
            var (model, list) = (Save(folder, new MobileNetV2()), Path.Combine(folder, "list.txt"));
            File.WriteAllLines(list, Repeat(Directory.GetFiles(photos, "*.jpg", SearchOption.AllDirectories), PhotosARound));
            using var classifier = new OnnxClassifier(model);
            var files = File.ReadAllLines(list);
            var ready = new byte[Batch * classifier.PixelBytes];
            var settings = new ShardSettings(model, list, Path.Combine(folder, "scores.csv")) { Force = true };
            var ways = new (string Name, Action Run)[]
            {
                ("network alone, ready pixels", () => Loop(files, (_, count) => classifier.Score(ready, count))),
                ("decoding alone, all cores", () => Loop(files, (batch, _) => Decode(classifier, batch, ready))),
                ("bare loop: decode on all cores, score", () => Loop(files, (batch, count) =>
                {
                    Decode(classifier, batch, ready);
                    classifier.Score(ready, count);
                })),
                ("worker", () => new ScoreRun(settings, TextWriter.Null).Run(CancellationToken.None).GetAwaiter().GetResult()),
            };
            Console.WriteLine(
                $"{Conditions.Describe(typeof(InferenceSession))} Bare loop: batches of {Batch}, {Environment.ProcessorCount} threads of ONNX "
                + $"Runtime that do not spin, {Environment.ProcessorCount} of decoding. Worker: batches of {settings.Batch}, "
                + $"{settings.Threads} at once. {PhotosARound} photos, {rounds} rounds, medians.");
            Print(Measure(ways, rounds));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Kills a worker at random moments and starts it again; its rows must be those of one that nobody killed.</summary>
    /// <returns>The exit code.</returns>
    public static int Kills(int kills)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-worker-").FullName;
        try
        {
            var list = Path.Combine(folder, "list.txt");
            File.WriteAllLines(list, Repeat(SmallPhotos(folder, 50), 20_000));
            var model = Save(folder, new SmallCnn { Width = 8, InputShape = new ImageShape(3, 32, 32) });
            var settings = new ShardSettings(model, list, Path.Combine(folder, "killed.csv")) { Scores = true };
            var killed = new KilledWorker(Program(), seed: 1, Console.WriteLine).Kill(kills, settings, null, default).GetAwaiter().GetResult();
            var unbroken = settings with { Output = Path.Combine(folder, "unbroken.csv") };
            new ScoreRun(unbroken, Console.Out).Run(CancellationToken.None).GetAwaiter().GetResult();
            var same = File.ReadAllBytes(settings.Output).AsSpan().SequenceEqual(File.ReadAllBytes(unbroken.Output));
            Console.WriteLine($"{killed} kills; the rows are {(same ? "the same" : "OTHERS")}");
            return same && killed == kills ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// The worker's highest resident memory over so many small photos, as lines of a text file and as hard links in a folder.
    /// </summary>
    public static void Memory(IReadOnlyList<int> counts)
    {
        var folder = Directory.CreateTempSubdirectory("tfkd-worker-").FullName;
        try
        {
            var photos = SmallPhotos(folder, 50);
            var model = Save(folder, new SmallCnn { Width = 8, InputShape = new ImageShape(3, 32, 32) });
            Console.WriteLine("| photos | input | output | peak resident MB | s |");
            Console.WriteLine("|---|---|---|---|---|");
            foreach (var count in counts)
            {
                var list = Path.Combine(folder, "list.txt");
                File.WriteAllLines(list, Repeat(photos, count));
                var links = LinkAll(photos, Directory.CreateDirectory(Path.Combine(folder, $"links-{count}")).FullName, count);
                foreach (var (input, name) in new[] { (list, "text file"), (links, "folder") })
                {
                    foreach (var ending in ScoreTable.Formats)
                    {
                        var (peak, seconds) = Peak(new ShardSettings(model, input, Path.Combine(folder, $"{count}-{name}{ending}")));
                        Console.WriteLine(FormattableString.Invariant(
                            $"| {count} | {name} | {ending} | {peak / 1e6:F0} | {seconds:F0} |"));
                    }
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Writes a network of five classes with random weights, as model.onnx.</summary>
    public static string Save(string folder, NetworkArchitecture architecture)
    {
        TorchRuntime.EnsureLoaded();
        TorchSharp.torch.random.manual_seed(1);
        using var network = architecture.Build(5);
        network.Normalization.Set(ChannelStatistics.ImageNet);
        network.eval();
        var path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, NetworkExport.ToOnnx(network, ClassKeys.FromCard(new ClassList(
            "Text", System.Text.Json.JsonSerializer.SerializeToElement(new[] { "a", "b", "c", "d", "e" }))), training: null));
        return path;
    }

    private static double[][] Measure((string Name, Action Run)[] ways, int rounds)
    {
        foreach (var way in ways)
            way.Run();
        var (speeds, seconds) = (new double[rounds][], new double[ways.Length]);
        for (var round = 0; round < rounds; round++)
        {
            speeds[round] = new double[ways.Length];
            for (var way = 0; way < ways.Length; way++)
            {
                var (start, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                ways[way].Run();
                seconds[way] += (Environment.CpuUsage.TotalTime - before).TotalSeconds;
                speeds[round][way] = PhotosARound / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        for (var way = 0; way < ways.Length; way++)
        {
            // Of the processors' time others on the machine take nothing.
            Console.WriteLine(FormattableString.Invariant(
                $"{ways[way].Name}: {Median.Of(speeds.Select(round => round[way])):F1} images/s, ")
                + FormattableString.Invariant($"{1000 * seconds[way] / rounds / PhotosARound:F1} ms of processor time an image"));
        }

        return speeds;
    }

    private static void Print(double[][] speeds)
    {
        Tell("worker / bare loop", round => round[3] / round[2]);
        // Cores that compute cannot decode: what both take together is the least.
        Tell("worker / what the cores allow for network and decoding", round => round[3] * (1 / round[0] + 1 / round[1]));
        Tell("worker / network alone", round => round[3] / round[0]);

        void Tell(string name, Func<double[], double> ratio) =>
            Console.WriteLine(FormattableString.Invariant($"{name}: {Median.Of(speeds.Select(ratio)):F2}"));
    }

    private static void Loop(string[] files, Action<string[], int> work)
    {
        foreach (var batch in files.Chunk(Batch))
            work(batch, batch.Length);
    }

    private static void Decode(OnnxClassifier classifier, string[] batch, byte[] pixels) => Parallel.For(0, batch.Length, i =>
        classifier.Decode(File.ReadAllBytes(batch[i]), pixels.AsSpan(i * classifier.PixelBytes, classifier.PixelBytes)));

    private static (long Peak, double Seconds) Peak(ShardSettings settings)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(KilledWorker.Start(Program(), settings))!;
        // A line every ten seconds is less than the pipe holds.
        var peak = 0L;
        while (!process.WaitForExit(20))
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // It has ended in between; its peak was read 20 ms before.
            }
        }

        return process.ExitCode == 0
            ? (peak, Stopwatch.GetElapsedTime(start).TotalSeconds)
            : throw new InvalidOperationException($"The worker failed: {process.StandardError.ReadToEnd()}");
    }

    private static string Program() => typeof(WorkerComparison).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "ScoreWorker").Value!;

    private static string[] SmallPhotos(string folder, int count)
    {
        var photos = Directory.CreateDirectory(Path.Combine(folder, "photos")).FullName;
        return
        [
            .. Enumerable.Range(0, count).Select(number =>
            {
                var path = Path.Combine(photos, $"{number}.png");
                File.WriteAllBytes(path, TfKd.Tests.Images.Encode(
                    40, 40, (x, y) => new SkiaSharp.SKColor((byte)(x * number), (byte)(y * 6), (byte)(x ^ y))));
                return path;
            }),
        ];
    }

    private static IEnumerable<string> Repeat(string[] paths, int count) => Enumerable.Range(0, count).Select(i => paths[i % paths.Length]);

    private static string LinkAll(string[] photos, string folder, int count)
    {
        // A link's number is limited by file systems: thousands of each photo are within all limits.
        for (var i = 0; i < count; i++)
        {
            var parent = Directory.CreateDirectory(Path.Combine(folder, $"{i / 1000:D4}")).FullName;
            HardLink.Create(photos[i % photos.Length], Path.Combine(parent, $"{i:D7}.png"));
        }

        return folder;
    }
}
