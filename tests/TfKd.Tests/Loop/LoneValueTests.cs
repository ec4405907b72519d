using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Batch norms that would see one value a channel, and running statistics that are not finite.</summary>
public sealed class LoneValueTests
{
    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 1,
        MaxEpochs = 1,
        Optimizer = new Sgd { LearningRate = 0.01 },
        Seed = 3,
    };

    public static TheoryData<string> Networks => [.. _networks.Keys];

    private static readonly Dictionary<string, (NetworkArchitecture Network, int Size)> _networks = new()
    {
        ["features.19"] = (new SmallCnn(), 8),
        ["bn"] = (new FactoryNetwork("of vectors", Vectors, new ImageShape(3, 8, 8)), 8),
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_single_value_a_channel_is_refused_before_the_first_step(string layer)
    {
        var (network, size) = _networks[layer];
        var plan = _plan with { Callbacks = [new WatchedRun.Watcher { BatchEnd = _ => Assert.Fail("a batch ran") }] };

        var message = Assert.Throws<InvalidOperationException>(() => Train(plan, network, size)).Message;

        Assert.StartsWith("With a batch of 1 image of ", message, StringComparison.Ordinal);
        Assert.Contains("sees one value a channel, which has no variance; expected 2 or more", message, StringComparison.Ordinal);
        Assert.Matches($"the batch norm '{layer}' of ", message);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 8)]
    public void Two_values_a_channel_are_enough(int batchSize, int size) =>
        Assert.Single(Train(_plan with { BatchSize = batchSize }, new SmallCnn(), size).History);

    [Fact]
    public void A_batch_norm_that_does_not_learn_may_see_one() => Assert.Single(Train(
        _plan with { FrozenStages = new SmallCnn().GetStages().Count }, new SmallCnn(), 8).History);

    [Fact]
    public void A_lone_last_row_is_left_out_and_no_reason_to_refuse() =>
        Assert.Single(Train(_plan with { BatchSize = 3 }, new SmallCnn(), 8, rows: 7).History);

    [Fact]
    public void A_running_statistic_that_is_not_finite_is_named_with_its_layer()
    {
        var breaking = new WatchedRun.Watcher { BatchEnd = Break };

        var exception = Assert.Throws<TrainingDivergedException>(
            () => Train(_plan with { BatchSize = 8, Callbacks = [breaking] }, new SmallCnn(), 16));

        Assert.EndsWith("running_var", exception.Term, StringComparison.Ordinal);
        Assert.StartsWith(
            $"The buffer '{exception.Term}' is not finite after the step in epoch 1, step 1", exception.Message, StringComparison.Ordinal);
    }

    private static void Break(TrainingState state)
    {
        using var noGradient = no_grad();
        state.Student.Body.named_buffers().First(entry => entry.name.EndsWith("running_var", StringComparison.Ordinal)).buffer
            .fill_(float.NaN);
    }

    private static nn.Module<Tensor, Tensor> Vectors(int classCount) => nn.Sequential(
        ("flatten", nn.Flatten()), ("fc1", nn.Linear(3 * 8 * 8, 8)), ("bn", nn.BatchNorm1d(8)), ("fc", nn.Linear(8, classCount)));

    private static TrainingResult Train(TrainingPlan plan, NetworkArchitecture network, int size, int rows = 8)
    {
        var training = PatternSource.Create(rows, size: size);
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(network with { InputShape = training.Shape }, training.ClassNames.Count);
        return trainer.Run(student, training);
    }
}
