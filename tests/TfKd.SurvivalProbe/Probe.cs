using System.Security.Cryptography;
using TorchSharp;

namespace TfKd.SurvivalProbe;

/// <summary>
/// The run that is killed. It has all that a resumed run must find again: dropout, momentum of two kinds, a teacher that follows the
/// student, labels gathered over an epoch; and weights enough that writing them takes a while.
/// </summary>
internal static class Probe
{
    public const string Begun = "begun";

    /// <returns>A hash of the final weights and of all metrics.</returns>
    public static string Train(int epochs, string? checkpoints)
    {
        var trainer = new Trainer(new TrainingPlan
        {
            BatchSize = 16,
            MaxEpochs = epochs,
            Optimizer = new AdamW(),
            Objective = 0.5 * new OnlineLabelSmoothing() + new KnowledgeDistillation { Alpha = 0.5, Temperature = 2 },
            Teacher = new MovingAverageTeacher(),
            Augmentations = [new RandomCrop { Padding = 2 }],
            MaxGradientNorm = 1,
            CheckpointDirectory = checkpoints,
            CheckpointInterval = new() { Time = TimeSpan.FromMilliseconds(1) },
            Callbacks = [new SayWhenBegun()],
        });
        var rows = Rows(192, seed: 1);
        using var student = trainer.CreateStudent(
            new FactoryNetwork("probe", Body, rows.Shape), rows.ClassNames.Count);
        var result = trainer.Run(student, rows, Rows(48, seed: 2));
        using var stream = new MemoryStream();
        NetworkWeights.Save(student, stream);
        foreach (var epoch in result.History)
            stream.Write(System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant(
                $"{epoch.TrainingLoss:R} {epoch.TrainingAccuracy:R} {epoch.Validation}\n")));
        return Convert.ToHexString(SHA256.HashData(stream.ToArray()));
    }

    private static torch.nn.Module<torch.Tensor, torch.Tensor> Body(int classCount) => torch.nn.Sequential(
        ("conv1", torch.nn.Conv2d(3, 8, 3, stride: 2)), ("bn1", torch.nn.BatchNorm2d(8)), ("relu", torch.nn.ReLU()), ("drop", torch.nn.Dropout(
            0.3)),
        ("flatten", torch.nn.Flatten()), ("hidden", torch.nn.Linear(8 * 7 * 7, 512)), ("relu2", torch.nn.ReLU()), ("fc", torch.nn.Linear(
            512, classCount)));

    // Each class is a stripe in its own place, under noise.
    private static DecodedCache Rows(int count, int seed)
    {
        var shape = new ImageShape(3, 16, 16);
        var rows = new DecodedCache(shape, ["a", "b", "c", "d"]);
        var random = new Random(seed);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < count; row++)
        {
            random.NextBytes(pixels);
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(i / 16 % 16 / 4 == row % 4 ? 128 + pixels[i] / 2 : pixels[i] / 2 + 32);
            rows.Add(pixels, row % 4);
        }

        return rows;
    }

    private sealed class SayWhenBegun : TrainingCallback
    {
        public override void OnTrainBegin(TrainingState state) => Console.WriteLine(Begun);
    }
}
