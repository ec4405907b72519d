using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using TfKd.MLNet;
using TorchSharp;
using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// What is to be tried on a machine with a graphics card, in a few minutes: whether a network learns there what it learns on the CPU, how
/// fast, also from a teacher and in bfloat16, and whether a model that was trained there scores the same anywhere. On a machine without one
/// it runs with <c>cpu</c>, which says that the program works and nothing else.
/// </summary>
/// <param name="device">The device beside the CPU.</param>
internal sealed class DeviceComparison(torch.Device device)
{
    private const int ClassCount = 10;

    // Of the loss of an epoch: cards multiply with fewer digits, and a run goes its own way with time.
    private const double Tolerance = 0.02;

    private static readonly ImageShape _small = new(3, 32, 32), _large = new(3, 224, 224);
    private static readonly NetworkArchitecture _network = new CifarResNet { Depth = 20 };

    private int _faults;

    /// <param name="device">Its name, as <c>cuda</c> or <c>cuda:1</c>.</param>
    /// <returns>0; 1 where something was wrong.</returns>
    public static int Run(string device)
    {
        TorchRuntime.EnsureLoaded();
        Console.WriteLine($"# Device {device}");
        Console.WriteLine();
        var cards = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        Console.WriteLine($"{Conditions.Describe(typeof(MLContext))} {cards} devices of CUDA.");
        return new DeviceComparison(torch.device(device)).Run();
    }

    private int Run()
    {
        CompareLosses();
        CompareSpeeds();
        CompareScores();
        Console.WriteLine();
        Console.WriteLine(_faults == 0 ? "Nothing is wrong." : $"{_faults} checks failed.");
        return Math.Min(_faults, 1);
    }

    // The trainer itself compares answers and gradients of the first weights before it trains.
    private void CompareLosses()
    {
        Console.WriteLine();
        Console.WriteLine("| ResNet-20, 2 epochs of 16 steps | loss on the CPU | on the device |");
        Console.WriteLine("|---|---|---|");
        var rows = Rows.Make(512, _small, ClassCount);
        foreach (var (name, plan) in new (string, TrainingPlan)[]
        {
            ("cross entropy", new()),
            ("KD, the network an epoch ago", new()
            {
                Objective = new KnowledgeDistillation(),
                Teacher = new PreviousEpochTeacher(),
            }),
            ("label smoothing, weights averaged", new()
            {
                Objective = new LabelSmoothing(),
                WeightAverage = new WeightAverage(),
            }),
        })
        {
            var losses = new[] { torch.CPU, device }.Select(place => Losses(plan with { Device = place }, rows)).ToArray();
            Console.WriteLine($"| {name} | {Text(losses[0])} | {Text(losses[1])} |");
            Check(
                losses[0].Zip(losses[1]).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance * pair.First),
                $"The losses of {name} differ by more than {Tolerance:P0}.");
        }

        static string Text(double[] losses) => string.Join(", ", losses.Select(loss => Invariant($"{loss:F4}")));
    }

    private static double[] Losses(TrainingPlan plan, DecodedCache rows)
    {
        var trainer = new Trainer(plan with { Seed = 1, BatchSize = 32, MaxEpochs = 2, Schedule = new ConstantSchedule() });
        using var student = trainer.CreateStudent(_network, ClassCount);
        return [.. trainer.Run(student, rows).History.Select(epoch => epoch.TrainingLoss)];
    }

    private void CompareSpeeds()
    {
        Console.WriteLine();
        Console.WriteLine("| images/s of training | float32 | bfloat16 |");
        Console.WriteLine("|---|---|---|");
        foreach (var (name, network, shape, batchSize, count) in new (string, NetworkArchitecture, ImageShape, int, int)[]
        {
            ("ResNet-20, 32x32, batches of 128", _network, _small, 128, 2560),
            ("ResNet-18, 224x224, batches of 32", new ResNet { Depth = 18, InputShape = _large }, _large, 32, 64),
        })
        {
            var rows = Rows.Make(count, shape, ClassCount);
            foreach (var place in new[] { torch.CPU, device })
            {
                var speeds = new[] { Precision.Float32, Precision.BFloat16 }
                    .Select(precision => Speed(network, rows, batchSize, place, precision));
                Console.WriteLine($"| {name}, {place} | {string.Join(" | ", speeds.Select(speed => Invariant($"{speed:F0}")))} |");
            }
        }
    }

    private static double Speed(NetworkArchitecture network, DecodedCache rows, int batchSize, torch.Device place, Precision precision)
    {
        var clock = new EpochClock();
        var trainer = new Trainer(new TrainingPlan
        {
            Device = place,
            BatchSize = batchSize,
            MaxEpochs = 3,
            Schedule = new ConstantSchedule(),
            Precision = precision,
            Callbacks = [clock],
        });
        using var student = trainer.CreateStudent(network, ClassCount);
        trainer.Run(student, rows);
        return rows.Count / clock.SecondsAnEpoch;
    }

    private void CompareScores()
    {
        var (ml, rows) = (new MLContext(seed: 1), Rows.Make(256, _small, ClassCount));
        var view = ml.Data.LoadFromEnumerable(PixelImage.Of(rows), PixelImage.Schema(_small));
        using var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(new TorchImageClassificationTrainer.Options
            {
                Network = _network,
                MaxEpochs = 1,
                Device = device,
                ValidationSetFraction = null,
            }))
            .Fit(view);
        var (transformer, keys) = (model.LastTransformer, model.First().Transform(view));
        var expected = Scores(transformer);
        Console.WriteLine();
        Console.WriteLine("| scores of a model trained on the device | images/s | largest difference |");
        Console.WriteLine("|---|---|---|");
        Tell("ONNX Runtime, CPU", transformer);
        using (var byTorch = transformer.WithBackend(ScoringBackend.Torch))
            Tell("Torch, CPU", byTorch);
        foreach (var provider in new[] { ExecutionProvider.Cuda, ExecutionProvider.TensorRt })
        {
            try
            {
                using var other = transformer.WithExecution(new OnnxExecution { Provider = provider });
                Tell($"ONNX Runtime, {provider}", other);
            }
            catch (InvalidOperationException exception) when (IsMissing(exception))
            {
                Console.WriteLine($"| ONNX Runtime, {provider} | | not tried: {exception.Message} |");
            }
            catch (InvalidOperationException exception)
            {
                Check(false, exception.Message);
            }
        }

        void Tell(string name, TorchImageClassificationTransformer scored)
        {
            // The first rows open it.
            Scores(scored);
            var start = Stopwatch.GetTimestamp();
            var found = Scores(scored);
            var speed = found.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
            var difference = expected.Zip(found).Max(
                pair => pair.First.Zip(pair.Second).Max(score => Math.Abs(score.First - score.Second)));
            Console.WriteLine(Invariant($"| {name} | {speed:F0} | {difference:G3} |"));
            Check(difference <= 0.05, $"The scores of {name} differ by {difference:G3}.");
        }

        // The provider, or with ONNX Runtime's own exception within what it loads; wrong scores are neither.
        static bool IsMissing(InvalidOperationException exception) =>
            exception.GetBaseException() is OnnxRuntimeException || exception.Message.StartsWith("The provider ", StringComparison.Ordinal);

        float[][] Scores(ITransformer scored) => [.. scored.Transform(keys).GetColumn<float[]>("Score")];
    }

    private void Check(bool isRight, string fault)
    {
        if (isRight)
            return;
        _faults++;
        Console.WriteLine();
        Console.WriteLine($"Wrong: {fault}");
        Console.WriteLine();
    }
}
