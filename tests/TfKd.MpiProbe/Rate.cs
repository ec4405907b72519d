using System.Globalization;
using static TorchSharp.torch;

namespace TfKd.MpiProbe;

/// <summary>How fast a network learns: images a second of all processes, and how much of the time goes into calls.</summary>
internal static class Rate
{
    private const int Steps = 15, BatchSize = 128, Epochs = 4;

    /// <summary>Trains, and prints both, of all epochs but the first.</summary>
    /// <param name="replicas">The processes; null: this one, without any.</param>
    /// <param name="name">Of the network.</param>
    public static void Measure(Replicas? replicas, string name)
    {
        NetworkArchitecture network = name switch
        {
            "ResNet-20" => new CifarResNet { Depth = 20 },
            _ => new ResNet { Depth = 18, InputShape = new ImageShape(3, 32, 32) },
        };
        var rows = new DecodedCache(network.InputShape, [.. Enumerable.Range(0, 10).Select(k => $"{k}")]);
        var (random, pixels) = (new Random(1), new byte[rows.Shape.ByteCount]);
        for (var row = 0; row < Steps * BatchSize; row++)
        {
            random.NextBytes(pixels);
            rows.Add(pixels, row % 10);
        }

        var timed = replicas is null ? null : new TimedReplicas(replicas);
        var (rates, inCalls) = (new List<double>(), new List<double>());
        var before = TimeSpan.Zero;
        var watcher = new Watcher(metrics =>
        {
            rates.Add(metrics.ImagesPerSecond);
            var calls = (timed?.Elapsed ?? default) - before;
            inCalls.Add(calls / (metrics.Times.Waiting + metrics.Times.Learning));
            before += calls;
        });
        var trainer = new Trainer(new TrainingPlan
        {
            Replicas = timed,
            BatchSize = BatchSize,
            MaxEpochs = Epochs,
            Augmentations = [new RandomCrop(), new HorizontalFlip()],
            Seed = 1,
            Callbacks = [watcher],
        });
        using var student = trainer.CreateStudent(network, rows.ClassNames);
        trainer.Run(student, rows);
        if (replicas is not { Rank: > 0 })
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"rate {rates.Skip(1).Order().ElementAt(1)} calls {inCalls.Skip(1).Average()} threads {get_num_threads()}"));
    }

    private sealed class Watcher(Action<EpochMetrics> see) : TrainingCallback
    {
        public override void OnEpochEnd(TrainingState state) => see(state.History[^1]);
    }
}
