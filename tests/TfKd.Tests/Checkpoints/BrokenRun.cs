using TorchSharp;

namespace TfKd.Tests;

/// <summary>Runs a plan on a small problem, whole or broken off after a step and gone on with.</summary>
internal static class BrokenRun
{
    public const int StepsAnEpoch = 5;

    private static readonly DecodedCache _training = PatternSource.Create(80);
    private static readonly DecodedCache _validation = PatternSource.Create(32, seed: 2);

    public static TrainingPlan Plan { get; } = new()
    {
        BatchSize = 16,
        MaxEpochs = 3,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Augmentations = [new RandomCrop { Padding = 2 }],
        Seed = 3,
    };

    /// <summary>A network that draws random numbers when it learns.</summary>
    public static NetworkArchitecture Network { get; } = new FactoryNetwork("with dropout", classCount => torch.nn.Sequential(
        ("conv1", torch.nn.Conv2d(3, 8, 3, stride: 2)), ("bn1", torch.nn.BatchNorm2d(8)), ("relu", torch.nn.ReLU()),
        ("drop", torch.nn.Dropout(0.3)), ("depth", new StochasticDepth(0.2)),
        ("flatten", torch.nn.Flatten()), ("fc", torch.nn.Linear(8 * 7 * 7, classCount))), new ImageShape(3, 16, 16));

    public static (byte[] Weights, TrainingResult Result) Run(TrainingPlan plan, CancellationToken token = default)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(Network, 4);
        var result = trainer.Run(student, _training, _validation, token);
        using var stream = new MemoryStream();
        NetworkWeights.Save(student, stream);
        return (stream.ToArray(), result);
    }

    /// <summary>Breaks off after the step of that number, counted from 1.</summary>
    public static void BreakAfter(int step, TrainingPlan plan)
    {
        using var source = new CancellationTokenSource();
        var count = 0;
        var callback = new StepCallback(_ =>
        {
            if (++count == step)
                source.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Run(plan with { Callbacks = [callback] }, source.Token));
    }

    internal sealed class StepCallback(Action<TrainingState> action) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => action(state);
    }

    internal sealed class Listener(Action<string> say) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => say(message);
    }
}
