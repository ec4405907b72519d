using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using TfKd.MLNet;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// Images a second of Fit, end to end, and of the trainer alone, against a bare loop in TorchSharp and one in Python's PyTorch: ResNet-20,
/// batches of 128, 32x32 pixels, 100 classes, random crop and flip. All in turn within each round, and as ratios: the speed of a machine
/// that others use drifts.
/// </summary>
internal static class TrainingComparison
{
    private const int BatchSize = 128;
    private const int Batches = 16;
    private const int Epochs = 3;
    private const int ClassCount = 100;
    private const string Script = "pytorch_loop.py";

    private static readonly NetworkArchitecture _network = new CifarResNet { Depth = 20 };
    private static readonly Augmentation[] _augmentations = [new RandomCrop(), new HorizontalFlip()];

    /// <param name="rounds">How often each is run.</param>
    /// <param name="python">A Python with PyTorch; null: without.</param>
    public static void Run(int rounds, string? python)
    {
        TorchRuntime.EnsureLoaded();
        var rows = Rows.Make(Batches * BatchSize, new(3, 32, 32), ClassCount);
        using var bare = new BareLoop(_network, rows, BatchSize, _augmentations);
        var ways = new List<(string Name, Func<double> Seconds)>
        {
            ("bare loop", () => Time(() => Repeat(bare.Epoch))),
            ("trainer", () => Time(() => Train(rows, Precision.Float32))),
            ("Fit", () => Time(() => Fit(rows))),
        };
        // Without the switch it would be float32 under another name.
        if (Autocast.CanSwitch)
            ways.Add(("trainer in bfloat16", () => Time(() => Train(rows, Precision.BFloat16))));
        if (python is not null)
        {
            foreach (var layout in new[] { "contiguous", "channels_last" })
            {
                ways.Add(($"Python, {layout}", () => Python(python, layout, keepMemory: false)));
                ways.Add(($"Python, {layout}, freed memory kept", () => Python(python, layout, keepMemory: true)));
            }
        }

        bare.Epoch(0);
        bare.Parts.Clear();
        Train(rows, Precision.Float32);
        Train(rows, Precision.BFloat16);
        var speeds = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            // Forwards and backwards in turn, so that a drift hits all alike.
            foreach (var (name, seconds) in round % 2 == 1 ? ways : Enumerable.Reverse(ways))
                speeds[name].Add(Epochs * rows.Count / seconds());
            Console.WriteLine(Invariant(
                $"round {round}: {string.Join(", ", ways.Select(way => Invariant($"{way.Name} {speeds[way.Name][^1]:F0} images/s")))}"));
        }

        Console.WriteLine();
        foreach (var (name, _) in ways)
            Console.WriteLine(Invariant(
                $"{name}: median {Median.Of(speeds[name]):F0} images/s, Fit / it {Ratio(speeds["Fit"], speeds[name]):F3}, trainer / it {Ratio(speeds["trainer"], speeds[name]):F3}"));
        var whole = bare.Parts.Values.Sum();
        Console.WriteLine(
            "parts of the bare loop's step: "
                + $"{string.Join(", ", bare.Parts.OrderByDescending(part => part.Value).Select(part => Invariant($"{part.Key} {part.Value / whole:P1}")))}");
    }

    private static double Ratio(List<double> one, List<double> other) => Median.Of(one.Zip(other, (a, b) => a / b));

    private static double Time(Action action)
    {
        var stopwatch = Stopwatch.StartNew();
        action();
        return stopwatch.Elapsed.TotalSeconds;
    }

    private static void Repeat(Func<int, double> epoch)
    {
        for (var i = 0; i < Epochs; i++)
            epoch(i);
    }

    private static void Train(DecodedCache rows, Precision precision)
    {
        var trainer = new Trainer(new TrainingPlan
        {
            BatchSize = BatchSize,
            MaxEpochs = Epochs,
            Augmentations = _augmentations,
            Schedule = new ConstantSchedule(),
            Precision = precision,
        });
        using var student = trainer.CreateStudent(_network, ClassCount);
        trainer.Run(student, rows);
    }

    private static void Fit(DecodedCache rows)
    {
        var ml = new MLContext(seed: 1);
        var view = ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows.Count).Select(row => Image.Of(rows, row)), Image.Schema(rows.Shape));
        using var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
            {
                Network = _network,
                Augmentations = _augmentations,
                BatchSize = BatchSize,
                MaxEpochs = Epochs,
                ValidationSetFraction = null,
                Optimizer = new Sgd(),
                Schedule = new ConstantSchedule(),
            }))
            .Fit(view);
    }

    private static double Python(string python, string layout, bool keepMemory)
    {
        var start = new ProcessStartInfo(
            python,
            [
                Path.Combine(AppContext.BaseDirectory, Script),
                layout,
                (Epochs * Batches).ToString(CultureInfo.InvariantCulture),
                BatchSize.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardOutput = true,
        };
        if (keepMemory)
        {
            start.Environment["MALLOC_MMAP_MAX_"] = "0";
            start.Environment["MALLOC_TRIM_THRESHOLD_"] = "2147483647";
        }

        using var process = Process.Start(start)!;
        var seconds = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? double.Parse(seconds, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{Script} ended with exit code {process.ExitCode}.");
    }

    /// <summary>A row as pixels, which is how a data set of pixels comes to ML.NET.</summary>
    private sealed class Image
    {
        public float[] Pixels { get; private init; } = [];

        public int Label { get; private init; }

        public static Image Of(DecodedCache rows, int row)
        {
            var pixels = new byte[rows.Shape.ByteCount];
            rows.ReadPixels(row, pixels);
            return new Image { Pixels = Array.ConvertAll(pixels, value => (float)value), Label = rows.GetLabel(row) };
        }

        public static Microsoft.ML.Data.SchemaDefinition Schema(ImageShape shape)
        {
            var schema = Microsoft.ML.Data.SchemaDefinition.Create(typeof(Image));
            schema[nameof(Pixels)].ColumnType = new Microsoft.ML.Data.VectorDataViewType(
                Microsoft.ML.Data.NumberDataViewType.Single, shape.Channels, shape.Height, shape.Width);
            schema[nameof(Pixels)].ColumnName = "Image";
            return schema;
        }
    }
}
