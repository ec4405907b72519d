using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.MLNet;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Benchmarks;

/// <summary>
/// What a Fit takes of memory and time whose decoded images are more than their memory budget. Each run is a process of its own, as a peak
/// never falls; the images are drawn when their row is read, so that the data themselves take nothing.
/// </summary>
internal static class LargeDataComparison
{
    /// <summary>The command of a single run.</summary>
    public const string OneRun = "bigdata-run";

    private const int Size = 64;
    private const int ClassCount = 10;
    private const int PatchSize = 8;
    private const int PatchChannels = 16;
    private const int HeaderBytes = 54;

    /// <param name="rows">How many images.</param>
    /// <param name="mebibytes">The memory budget.</param>
    public static void Run(int rows, int mebibytes)
    {
        var budget = (long)mebibytes << 20;
        Start("The same program with few images", Math.Min(rows, 2000), budget);
        Start("A tenth of the images, all in memory", rows / 10, long.MaxValue);
        Start("A tenth of the images, all in the file", rows / 10, 0);
        Start("All images, within the budget", rows, budget);
    }

    /// <summary>Trains, and tells what it took.</summary>
    /// <param name="rows">How many images.</param>
    /// <param name="budget">The memory budget in bytes.</param>
    public static void RunOne(int rows, long budget)
    {
        var ml = new MLContext(seed: 1);
        var epochs = new List<EpochMetrics>();
        var before = Peak();
        var start = Stopwatch.GetTimestamp();
        var peakOfReading = 0L;
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
        {
            ImageColumnName = nameof(Image.Bytes),
            Network = new FactoryNetwork("patches", MakeNetwork, new ImageShape(3, Size, Size)),
            BatchSize = 128,
            MaxEpochs = 2,
            ValidationSetFraction = 0.02f,
            ImageMemoryBudget = budget,
            Callbacks = [new Watcher(() => peakOfReading = Peak())],
            MetricsCallback = epochs.Add,
        }).Fit(Keyed(ml, ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(row => new Image(row)))));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(FormattableString.Invariant(
            $"{rows} images, {(long)rows * 3 * Size * Size >> 20} MiB decoded, budget {(budget == long.MaxValue ? "without limit" : $"{budget >> 20} MiB")}: peak of memory {before} MiB at the start, {peakOfReading} MiB when training begins, {Peak()} MiB at the end; {seconds:F0} s, epochs at {string.Join(" and ", epochs.Select(epoch => epoch.ImagesPerSecond.ToString("F0", CultureInfo.InvariantCulture)))} images/s; weights {model.Model.Card.WeightsSha256[..12]}"));
    }

    private static void Start(string name, int rows, long budget)
    {
        Console.WriteLine(name);
        var program = Environment.ProcessPath!;
        string[] arguments = [OneRun, rows.ToString(CultureInfo.InvariantCulture), budget.ToString(CultureInfo.InvariantCulture)];
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            arguments = [typeof(LargeDataComparison).Assembly.Location, .. arguments];
        using var run = Process.Start(program, arguments);
        run.WaitForExit();
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"The run ended with code {run.ExitCode}.");
    }

    /// <summary>So small that reading the images counts.</summary>
    private static Sequential MakeNetwork(int classCount) => nn.Sequential(
        ("patches", nn.Conv2d(3, PatchChannels, PatchSize, stride: PatchSize)), ("relu", nn.ReLU()), ("flatten", nn.Flatten()),
        ("fc", nn.Linear(PatchChannels * (Size / PatchSize) * (Size / PatchSize), classCount)));

    /// <summary>The most physical memory that the process has had, in MiB: libraries, pages of files, and all.</summary>
    private static long Peak()
    {
        if (OperatingSystem.IsLinux())
        {
            var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) >> 10;
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 >> 20;
    }

    private static IDataView Keyed(MLContext ml, IDataView images)
    {
        var keys = ml.Data.LoadFromEnumerable(Enumerable.Range(0, ClassCount).Select(label => new { Label = label }));
        return ml.Transforms.Conversion.MapValueToKey("Label", keyData: keys).Fit(images).Transform(images);
    }

    private sealed class Watcher(Action begin) : TrainingCallback
    {
        public override void OnTrainBegin(TrainingState state) => begin();
    }

    /// <summary>A row whose image is drawn when it is asked for.</summary>
    private sealed class Image(int row)
    {
        // LoadFromEnumerable asks for one.
        public Image() : this(0)
        {
        }

        public int Label => row % ClassCount;

        [VectorType]
        public byte[] Bytes => Draw(row, Label);
    }

    /// <summary>A bitmap of 24 bits a pixel: noise, and a brighter band where its class has it.</summary>
    private static byte[] Draw(int row, int label)
    {
        var file = new byte[HeaderBytes + 3 * Size * Size];
        "BM"u8.CopyTo(file);
        BitConverter.TryWriteBytes(file.AsSpan(2), file.Length);
        BitConverter.TryWriteBytes(file.AsSpan(10), HeaderBytes);
        BitConverter.TryWriteBytes(file.AsSpan(14), 40);
        BitConverter.TryWriteBytes(file.AsSpan(18), Size);
        BitConverter.TryWriteBytes(file.AsSpan(22), Size);
        BitConverter.TryWriteBytes(file.AsSpan(26), (short)1);
        BitConverter.TryWriteBytes(file.AsSpan(28), (short)24);
        var state = (uint)row * 2654435761u + 1;
        for (var i = HeaderBytes; i < file.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            var y = (i - HeaderBytes) / (3 * Size);
            file[i] = (byte)((state >> 25) + (y * ClassCount / Size == label ? 60 : 0));
        }

        return file;
    }
}
