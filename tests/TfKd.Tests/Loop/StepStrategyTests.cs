using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The seam of a step: what a strategy of several processes would find there.</summary>
public sealed class StepStrategyTests : IDisposable
{
    private static readonly DecodedCache _rows = PatternSource.Create(32);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        Optimizer = new Sgd { LearningRate = 0.1, Momentum = 0, WeightDecay = 0 },
        MaxGradientNorm = 1e3,
    };

    private readonly ImageNetwork _network;
    private readonly FrozenLayers _frozen;
    private readonly Learner _learner;
    private readonly RunParticipants _participants;
    private readonly StepPosition _position = new(new TrainingProgress(0, 1, 6), 0.1);

    public StepStrategyTests()
    {
        _network = new SmallCnn { InputShape = _rows.Shape, Width = 4 }.Build(4);
        _frozen = new FrozenLayers(_network, 0);
        _learner = new Learner(_network, _plan, new ObjectiveContext(4, CPU), _frozen);
        _participants = new RunParticipants(_learner, null, null, null);
        _learner.OnEpochBegin(epoch: 0, goesOn: false, CancellationToken.None);
    }

    public void Dispose()
    {
        _learner.Dispose();
        _frozen.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void A_step_returns_what_it_brought()
    {
        using var step = Read(2);
        var outcome = new GradientAccumulation(_participants, Gradients).Take(step, _position);
        Assert.Equal(32, outcome.Rows);
        Assert.InRange(outcome.Correct, 0, 32);
        Assert.Equal(_learner.Log.Means[Learner.TotalTerm], outcome.Loss, 1e-6);
        Assert.Equal(0, outcome.PeerLoss);
        Assert.Null(outcome.Diagnosis);
    }

    [Fact]
    public void What_reduces_sees_all_gradients_and_the_outcome_before_weights_change()
    {
        var before = Weights();
        var strategy = new Reducing(_participants, Gradients, (outcome, parameters) =>
        {
            Assert.Equal(before, Weights());
            Assert.Equal(_network.parameters().Select(parameter => parameter.Handle), parameters.Select(parameter => parameter.Handle));
            foreach (var parameter in parameters)
                parameter.grad!.zero_();
            return outcome with { Rows = 2 * outcome.Rows };
        });
        using var step = Read(1);
        Assert.Equal(32, strategy.Take(step, _position).Rows);
        // Gradients of 0 change nothing: it is the reduced ones that are applied.
        Assert.Equal(before, Weights());
    }

    [Fact]
    public void An_objective_that_is_not_finite_elsewhere_ends_the_step_before_weights_change()
    {
        var before = Weights();
        var strategy = new Reducing(_participants, Gradients, (outcome, _) => outcome with { Loss = double.NaN });
        using var step = Read(1);
        var exception = Assert.Throws<TrainingDivergedException>(() => strategy.Take(step, _position));
        var expected = "The objective of another process is not finite in epoch 1, step 7, at learning rate 0.1. A lower";
        Assert.StartsWith(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal((0, 6L, "loss", 0.1), (exception.Epoch, exception.Step, exception.Term, exception.LearningRate));
        Assert.Equal(before, Weights());
    }

    [Fact]
    public void Batches_of_a_step_that_was_broken_off_are_disposed()
    {
        List<LoadedBatch> read = [];
        var batches = Batches(read);
        Assert.Throws<OperationCanceledException>(() => StepBatches.Group(batches, 4).ToList());
        Assert.Equal(2, read.Count);
        Assert.All(read, batch => Assert.True(batch.Images.IsInvalid));

        static IEnumerable<LoadedBatch> Batches(List<LoadedBatch> read)
        {
            foreach (var batch in new BatchLoader(_rows, 16).ReadInOrder())
            {
                read.Add(batch);
                yield return batch;
            }

            throw new OperationCanceledException();
        }
    }

    private BatchGradients Gradients => new(_plan, _participants, rowWeights: null);

    private static StepBatches Read(int batches) => StepBatches.Group(new BatchLoader(_rows, 16).ReadShuffled(0, 0), batches).First();

    private float[] Weights()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return [.. _network.parameters().SelectMany(parameter => parameter.detach().contiguous().data<float>().ToArray())];
    }

    private sealed class Reducing(
        RunParticipants participants, BatchGradients gradients, Func<StepOutcome, IReadOnlyList<Parameter>, StepOutcome> reduce)
        : StepStrategy(participants)
    {
        protected override StepOutcome ComputeGradients(StepBatches batches, StepPosition position) =>
            gradients.Add(batches.Batches[0], 0, 1, position);

        protected override StepOutcome Reduce(StepOutcome outcome, IReadOnlyList<Parameter> parameters) => reduce(outcome, parameters);
    }
}
