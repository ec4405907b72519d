using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class PrecisionTests
{
    private readonly NetworkArchitecture _network = new CifarResNet { Depth = 8, InputShape = new ImageShape(3, 8, 8) };
    private readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 6,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Objective = new KnowledgeDistillation(),
        Teacher = new VirtualTeacher(),
        Seed = 3,
    };

    [Fact]
    public void Training_in_bfloat16_learns_and_leaves_float32_weights()
    {
        if (!Autocast.CanSwitch)
            Assert.Skip("This build of libtorch has no switch for bfloat16 that is known here.");
        var messages = new List<string>();
        var single = Train(_plan with { Precision = Precision.Float32 }, []);
        var half = Train(_plan with { Precision = Precision.BFloat16 }, messages);

        Assert.Contains(messages, message => message.Contains("in bfloat16", StringComparison.Ordinal));
        Assert.All(half.Types, type => Assert.NotEqual(ScalarType.BFloat16, type));
        Assert.True(half.Last.TrainingAccuracy >= 0.9, half.Last.ToString());
        Assert.NotEqual(single.Last.TrainingLoss, half.Last.TrainingLoss);
        Assert.Equal(single.Last.TrainingLoss, half.Last.TrainingLoss, 0.1);
        Assert.False(Autocast.Enabled);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        if (!Autocast.CanSwitch)
            Assert.Skip("This build of libtorch has no switch for bfloat16 that is known here.");
        var plan = _plan with { Precision = Precision.BFloat16, MaxEpochs = 1 };
        Assert.Equal(Train(plan, []).Weights, Train(plan, []).Weights);
    }

    private (EpochMetrics Last, ScalarType[] Types, byte[] Weights) Train(TrainingPlan plan, List<string> messages)
    {
        var trainer = new Trainer(plan with { Callbacks = [new Listener(messages)] });
        using var student = trainer.CreateStudent(_network, 4);
        var result = trainer.Run(student, PatternSource.Create(96), PatternSource.Create(48, seed: 2));
        using var scope = NewDisposeScope();
        var weights = student.Body.state_dict();
        return (
            result.History[^1], [.. weights.Values.Select(tensor => tensor.dtype)],
            [.. weights.Values.SelectMany(tensor => tensor.detach().contiguous().bytes.ToArray())]);
    }

    private sealed class Listener(List<string> messages) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => messages.Add(message);
    }
}
