using Microsoft.ML.OnnxRuntime;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// What training for 8-bit integers gives back of what they cost: a published network, or one that is trained here first, is trained
/// on, with itself as the teacher, with <see cref="FakeQuantization"/> and, at the same rate and for as long, without.
/// </summary>
internal static class QuantizationTraining
{
    private const int TrainingCount = 5_000;
    private const int TestCount = 10_000;
    private const int Epochs = 2;

    // Of a network that nobody published for such images: enough that it is worth what integers could cost.
    private const int FirstCount = 25_000;
    private const int FirstEpochs = 8;

    private static readonly ImageShape _shape = new(3, 32, 32);

    // What is published for these images, and what is trained here first.
    private static readonly IReadOnlyDictionary<string, Func<CifarFiles, ImageNetwork>> _networks =
        new Dictionary<string, Func<CifarFiles, ImageNetwork>>(StringComparer.OrdinalIgnoreCase)
        {
            ["ResNet-20"] = files => files.Open(20),
            ["ResNet-56"] = files => files.Open(56),
            ["MobileNetV3"] = files => Train(new MobileNetV3 { Size = MobileNetV3Size.Small, InputShape = _shape }, files),
        };

    /// <param name="seeds">How often each is trained on.</param>
    /// <param name="name">What network; null: ResNet-20.</param>
    /// <exception cref="ArgumentException">There is no such network here.</exception>
    public static void Run(int seeds, string? name)
    {
        name ??= _networks.Keys.First();
        if (!_networks.TryGetValue(name, out var open))
            throw new ArgumentException($"'{name}' is none of {string.Join(", ", _networks.Keys)}.", nameof(name));
        if (CifarFiles.Find() is not { } files)
            return;
        TorchRuntime.EnsureLoaded();
        Console.WriteLine(Conditions.Describe(typeof(InferenceSession)) + " ONNX Runtime has one thread.");
        Console.WriteLine();
        Console.WriteLine("| seed | training | weights | top-1 | same label | log-loss |");
        Console.WriteLine("|---|---|---|---|---|---|");
        using var training = files.Read("train", TrainingCount);
        using var test = files.Read("test", TestCount);
        using var start = open(files);
        var folder = Directory.CreateTempSubdirectory("tfkd-quantization-").FullName;
        try
        {
            var path = Path.Combine(folder, "start.safetensors");
            NetworkWeights.Save(start, path);
            new Comparison(start, path, training, test).Run(seeds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ImageNetwork Train(NetworkArchitecture architecture, CifarFiles files)
    {
        using var rows = files.Read("train", FirstCount);
        var trainer = new Trainer(new TrainingPlan
        {
            Augmentations = [new RandomCrop { Padding = 4 }, new HorizontalFlip()],
            MaxEpochs = FirstEpochs,
            BatchSize = 64,
            Optimizer = new Sgd { LearningRate = 0.05 },
            Schedule = new WarmUpSchedule(),
            RestoreBestWeights = false,
            Seed = 1,
        });
        var network = trainer.CreateStudent(architecture, rows.ClassNames);
        trainer.Run(network, rows);
        network.eval();
        return network;
    }

    private sealed class Comparison(ImageNetwork start, string path, DecodedCache training, DecodedCache test)
    {
        private readonly Dictionary<(string Training, string Weights), List<ClassificationMetrics>> _found = [];
        private int[]? _reference;

        public void Run(int seeds)
        {
            var ranges = start.Calibrate(training);
            Report(0, "none", start, OnnxWeights.Float32);
            Report(0, "none", start, OnnxWeights.Int8, ranges);
            Report(0, "none", start, OnnxWeights.Int8, ranges, sevenBits: true);
            for (var seed = 1; seed <= seeds; seed++)
            {
                Train(seed, "float32", null, [false, true]);
                Train(seed, "FakeQuantization", new FakeQuantization(), [false]);
                Train(seed, "FakeQuantization of 7 bits", new FakeQuantization { ReduceRange = true }, [true]);
            }

            Console.WriteLine();
            Console.WriteLine("| training | weights | top-1 | log-loss |");
            Console.WriteLine("|---|---|---|---|");
            foreach (var ((name, weights), metrics) in _found)
            {
                var (top1, losses) = (metrics.ConvertAll(one => 100 * one.Top1), metrics.ConvertAll(one => one.NegativeLogLikelihood));
                Console.WriteLine(
                    Invariant($"| {name} | {weights} | {top1.Average():F2} ± {Deviation.Of(top1):F2} % ")
                    + Invariant($"| {losses.Average():F4} ± {Deviation.Of(losses):F4} |"));
            }
        }

        private void Train(int seed, string name, FakeQuantization? integers, IReadOnlyList<bool> sevenBits)
        {
            var trainer = new Trainer(new TrainingPlan
            {
                Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
                Teacher = new WeightFileTeacher(start.Architecture, path),
                Normalization = start.Normalization.Statistics,
                FakeQuantization = integers,
                FreezeBatchNormStatistics = true,
                Augmentations = [new RandomCrop { Padding = 4 }, new HorizontalFlip()],
                MaxEpochs = Epochs,
                BatchSize = 100,
                Optimizer = new Sgd { LearningRate = 0.001 },
                Schedule = new CosineSchedule(),
                RestoreBestWeights = false,
                Seed = seed,
            });
            using var student = trainer.CreateStudent(start.Architecture, training.ClassNames);
            NetworkWeights.Load(student, path);
            var result = trainer.Run(student, training);
            Report(seed, name, student, OnnxWeights.Float32);
            foreach (var seven in sevenBits)
                Report(seed, name, student, OnnxWeights.Int8, result.Calibration ?? student.Calibrate(training), seven);
        }

        private void Report(
            int seed, string name, ImageNetwork network, OnnxWeights weights, OnnxCalibration? calibration = null, bool sevenBits = false)
        {
            var model = OnnxExporter.Export(network, new OnnxExportOptions
            {
                InputShape = network.Architecture.InputShape,
                Weights = weights,
                Calibration = calibration,
                ReduceRange = sevenBits,
            });
            using var session = QuantizationComparison.Open(model);
            var (metrics, labels) = QuantizationComparison.Score(session, test);
            _reference ??= labels;
            var same = labels.Zip(_reference).Count(pair => pair.First == pair.Second) / (double)labels.Length;
            var form = sevenBits ? "int8 of 7 bits" : weights == OnnxWeights.Int8 ? "int8" : "float32";
            if (!_found.TryGetValue((name, form), out var all))
                _found[(name, form)] = all = [];
            all.Add(metrics);
            Console.WriteLine(
                Invariant($"| {seed} | {name} | {form} | {100 * metrics.Top1:F2} % | {100 * same:F2} % ")
                + Invariant($"| {metrics.NegativeLogLikelihood:F4} |"));
        }
    }
}
