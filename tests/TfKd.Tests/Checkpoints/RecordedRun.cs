namespace TfKd.Tests;

/// <summary>
/// The run that the fixtures are of: its checkpoints, and the history that it had. The checkpoints know plan, network and rows, so these
/// must stay as they are.
/// </summary>
internal static class RecordedRun
{
    public const string HistoryFile = "history.json";

    /// <summary>Broken off in the third epoch of four, with a checkpoint after the second.</summary>
    public const string AfterEpochFile = "checkpoint-after-epoch.safetensors";

    /// <summary>Broken off after the second of three steps of the second epoch.</summary>
    public const string WithinEpochFile = "checkpoint-within-epoch.safetensors";

    private static readonly CifarResNet _network = new() { Depth = 8, Width = 2, InputShape = new ImageShape(3, 8, 8) };

    public static TrainingPlan Plan { get; } = new()
    {
        Objective = 0.5 * new OnlineLabelSmoothing() + new KnowledgeDistillation { Alpha = 0.5, Temperature = 2 },
        Teacher = new MovingAverageTeacher { Decay = 0.9 },
        Augmentations = [new RandomCrop { Padding = 1 }, new HorizontalFlip()],
        BatchSize = 8,
        MaxEpochs = 4,
        Optimizer = new Sgd { LearningRate = 0.05 },
        MaxGradientNorm = 1,
        Seed = 7,
    };

    public static TrainingResult Run(TrainingPlan plan, CancellationToken token = default)
    {
        using var training = Draw(24, seed: 1);
        using var validation = Draw(12, seed: 2);
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, training.ClassNames);
        return trainer.Run(student, training, validation, token);
    }

    // Each class is brighter in one channel, under noise.
    private static DecodedCache Draw(int count, int seed)
    {
        var rows = new DecodedCache(_network.InputShape, ["red", "green", "blue"]);
        var random = new Random(seed);
        var pixels = new byte[rows.Shape.ByteCount];
        var plane = rows.Shape.Height * rows.Shape.Width;
        for (var row = 0; row < count; row++)
        {
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(random.Next(160) + (i / plane == row % 3 ? 60 : 0));
            rows.Add(pixels, row % 3);
        }

        return rows;
    }
}
