using System.Diagnostics;
using System.Security.Cryptography;
using TfKd.Mpi;
using static TorchSharp.torch;

namespace TfKd.MpiProbe;

/// <summary>A training of seconds.</summary>
internal static class Training
{
    /// <summary>Trains, with checkpoints in the folder, and writes what this process ends with to a file of its rank in it.</summary>
    public static void Run(MpiReplicas replicas, int epochs, string folder, string? network)
    {
        var watch = new Watcher { EpochEnd = state => Console.WriteLine($"epoch {state.History.Count}, rank {replicas.Rank}") };
        var plan = PlanOf(replicas, epochs) with
        {
            CheckpointDirectory = Path.Combine(folder, "checkpoints"),
            CheckpointInterval = new() { Time = TimeSpan.FromMilliseconds(200) },
            Callbacks = [watch],
        };
        var (student, result) = Train(plan, network);
        using (student)
        {
            using var stream = new MemoryStream();
            NetworkWeights.Save(student, stream);
            var outcome = new Outcome(
                Convert.ToHexStringLower(SHA256.HashData(stream.ToArray())),
                [.. result.History.Select(epoch => epoch.TrainingLoss)],
                [.. result.History.Select(epoch => epoch.Validation!.NegativeLogLikelihood)],
                [.. result.History.Select(epoch => epoch.Validation!.Top1)]);
            outcome.Write(folder, replicas.Rank);
        }
    }

    /// <summary>Trains until the process of rank 1 throws, ends, or is stopped.</summary>
    public static void RunUntil(MpiReplicas replicas, string what)
    {
        var plan = PlanOf(replicas, 100) with { Augmentations = [new Ending(replicas.Rank == 1 ? what : "")] };
        Train(plan, null).Student.Dispose();
    }

    private static TrainingPlan PlanOf(MpiReplicas replicas, int epochs) => new()
    {
        Replicas = replicas,
        BatchSize = 32,
        MaxEpochs = epochs,
        Optimizer = new Sgd { LearningRate = 0.02 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
    };

    private static (ImageNetwork Student, TrainingResult Result) Train(TrainingPlan plan, string? network)
    {
        var (training, validation) = (Rows(330, 1), Rows(100, 2));
        NetworkArchitecture architecture = network is null
            ? new FactoryNetwork("without batch norm", classCount => nn.Sequential(
                ("conv", nn.Conv2d(3, 8, 3, stride: 2)), ("relu", nn.ReLU()), ("flatten", nn.Flatten()),
                ("fc", nn.Linear(8 * 7 * 7, classCount))), training.Shape)
            : new SmallCnn { InputShape = training.Shape, Width = 8 };
        var trainer = new Trainer(plan);
        var student = trainer.CreateStudent(architecture, training.ClassNames);
        return (student, trainer.Run(student, training, validation));
    }

    // A brighter half, by class, under noise.
    private static DecodedCache Rows(int count, int seed)
    {
        var rows = new DecodedCache(new ImageShape(3, 16, 16), ["top", "bottom"]);
        var (random, pixels) = (new Random(seed), new byte[rows.Shape.ByteCount]);
        for (var row = 0; row < count; row++)
        {
            random.NextBytes(pixels);
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(pixels[i] / 2 + (i % 256 < 128 == (row % 2 == 0) ? 20 : 0));
            rows.Add(pixels, row % 2);
        }

        return rows;
    }

    private sealed class Watcher : TrainingCallback
    {
        public required Action<TrainingState> EpochEnd { get; init; }

        public override void OnEpochEnd(TrainingState state) => EpochEnd(state);
    }

    private sealed record Ending : Augmentation
    {
        private readonly string _what;

        public Ending(string what) => _what = what;

        protected override Tensor ApplyCore(Tensor images, RowRandom random)
        {
            switch (_what)
            {
                case "fail":
                    throw new NotSupportedException("the photos are gone");
                case "leave":
                    Process.GetCurrentProcess().Kill();
                    break;
                case "stop":
                    using (var stop = Process.Start("kill", ["-STOP", $"{Environment.ProcessId}"]))
                        stop.WaitForExit();
                    break;
            }

            return images;
        }
    }
}
