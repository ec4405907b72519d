using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Each batch is computed by the kernels that were found right for its size.</summary>
[Collection(ProcessWideState.Name)]
public sealed class CheckedPathTests : IDisposable
{
    private static readonly ImageShape _shape = new(3, 8, 8);
    private static readonly ComputePath _main = new(MemoryLayout.ChannelsLast, OneDnn: true);
    private static readonly ComputePath _small = _main with { OneDnn = false };

    private readonly ImageNetwork _network = new SmallCnn { InputShape = _shape, Width = 4 }.Build(4);
    private readonly List<(long Batch, bool OneDnn, bool ChannelsLast)> _seen = [];

    public CheckedPathTests()
    {
        var check = new KernelCheckResult(_main, [], TimeSpan.Zero, 0)
        {
            SmallerBatches = new Dictionary<int, ComputePath> { [2] = _small },
        };
        _network.UsePath(new CheckedPath(check, _shape, [4, 2]));
        _network.register_forward_hook((_, images, output) =>
        {
            _seen.Add((images.shape[0], OneDnn.Enabled, images.stride(1) == 1));
            return output;
        });
    }

    public void Dispose() => _network.Dispose();

    [Fact]
    public void In_evaluation()
    {
        Evaluator.Evaluate(_network, PatternSource.Create(6, size: 8), batchSize: 4);
        AssertEach();
    }

    [Fact]
    public void In_training()
    {
        var plan = new TrainingPlan { BatchSize = 4, Augmentations = [] };
        using var frozen = new FrozenLayers(_network, 0);
        using var learner = new Learner(_network, plan, new ObjectiveContext(4, CPU), frozen);
        learner.OnEpochBegin(epoch: 0, goesOn: false, CancellationToken.None);
        var participants = new RunParticipants(learner, null, null, null);
        var strategy = new GradientAccumulation(participants, new BatchGradients(plan, participants, rowWeights: null));
        using var step = StepBatches.Group(new BatchLoader(PatternSource.Create(6, size: 8), 4).ReadShuffled(0, 0), 2).First();
        strategy.Take(step, new StepPosition(new TrainingProgress(0, 1, 0), 0.1));
        AssertEach();
    }

    [Fact]
    public void It_says_which() =>
        Assert.Equal("channels-last with oneDNN, batch 2 channels-last without oneDNN", _network.Checked!.ToString());

    private void AssertEach()
    {
        (long, bool, bool)[] expected = [(4, true, true), (2, false, true)];
        Assert.Equal(expected, _seen);
        Assert.True(OneDnn.Enabled);
    }
}
