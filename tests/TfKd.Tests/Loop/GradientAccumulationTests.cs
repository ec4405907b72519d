using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Steps of several batches: the gradient is that of one batch of all their rows.</summary>
public sealed class GradientAccumulationTests : IDisposable
{
    /// <summary>The two sum in another order; single precision leaves this much.</summary>
    private const double Rounding = 1e-6;

    private static readonly NetworkArchitecture _network = new FactoryNetwork("without batch norm", classCount => nn.Sequential(
        ("conv", nn.Conv2d(3, 8, 3, stride: 2)), ("relu", nn.ReLU()), ("flatten", nn.Flatten()), ("fc", nn.Linear(8 * 7 * 7, classCount))),
        new ImageShape(3, 16, 16));

    private static readonly KnowledgeDistillation _distillation = new() { Alpha = 0.5 };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 128,
        MaxEpochs = 1,
        Optimizer = new Sgd { LearningRate = 0.02 },
        Augmentations = [new RandomCrop { Padding = 2 }],
        Seed = 3,
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-accumulation-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>All rows in one step: whole batches, a short last one, and one that is short by half a step.</summary>
    [Theory]
    [InlineData(128, 32, 4)]
    [InlineData(100, 32, 4)]
    [InlineData(80, 16, 8)]
    public void Gradients_of_small_batches_add_up_to_those_of_a_large_one(int rows, int batchSize, int batches) =>
        CheckGradients(_plan, PatternSource.Create(rows), batchSize, batches);

    [Fact]
    public void With_row_weights_they_do_so_too() =>
        CheckGradients(_plan with { ClassWeighting = new InverseFrequencyWeighting() }, Uneven(PatternSource.Create(128)), 32, 4);

    [Fact]
    public void With_a_teacher_they_do_so_too() =>
        CheckGradients(_plan with { Objective = _distillation, Teacher = new GivenTeacher(_network) }, PatternSource.Create(128), 32, 4);

    [Fact]
    public void With_a_peer_they_do_so_too() =>
        CheckGradients(_plan with { Objective = _distillation, Teacher = new PeerTeacher() }, PatternSource.Create(128), 32, 4);

    [Fact]
    public void A_norm_is_that_of_the_sum_when_it_is_clipped()
    {
        var rows = PatternSource.Create(128);
        var norm = Norm(Run(_plan, rows).Gradients);
        var clipped = Run(Accumulated(_plan with { MaxGradientNorm = norm / 4 }, 32, 4), rows).Gradients;
        Near(Run(_plan with { MaxGradientNorm = norm / 4 }, rows).Gradients, clipped);
        Assert.Equal(norm / 4, Norm(clipped), 1e-5);
    }

    /// <summary>Three steps, the last of fewer rows: the momentum, the schedule and the log see the same.</summary>
    [Fact]
    public void Epochs_end_with_the_same_weights_and_the_same_means()
    {
        var plan = _plan with { MaxEpochs = 2, Objective = 0.7 * new CrossEntropy() + 0.3 * new ConfidencePenalty() };
        var rows = PatternSource.Create(300);
        var (expected, found) = (Run(plan, rows), Run(Accumulated(plan, 32, 4), rows));
        Near(expected.Weights, found.Weights);
        foreach (var (one, other) in expected.Result.History.Zip(found.Result.History))
        {
            Assert.Equal(one.LearningRate, other.LearningRate);
            Assert.Equal(one.TrainingAccuracy, other.TrainingAccuracy);
            Assert.Equal(one.TrainingLoss, other.TrainingLoss, Rounding);
            Assert.Equal(one.Terms.Keys, other.Terms.Keys);
            Assert.All(one.Terms, term => Assert.Equal(term.Value, other.Terms[term.Key], Rounding));
        }
    }

    [Fact]
    public void Callbacks_count_steps()
    {
        var progress = new List<double>();
        var watcher = new BrokenRun.StepCallback(state => progress.Add(state.EpochProgress));
        Run(Accumulated(_plan with { Callbacks = [watcher] }, 32, 4), PatternSource.Create(300));
        Assert.Equal([1 / 3.0, 2 / 3.0, 1], progress);
    }

    /// <summary>Steps that find one batch only take the way of several.</summary>
    [Fact]
    public void A_step_of_one_batch_is_that_of_a_plan_without_it_bit_for_bit()
    {
        var rows = PatternSource.Create(300);
        var plan = _plan with { BatchSize = 300, MaxEpochs = 2 };
        Assert.Equal(Run(plan, rows).Weights, Run(plan with { AccumulateSteps = 4 }, rows).Weights);
    }

    [Theory]
    [InlineData("dropout")]
    [InlineData("mixing")]
    [InlineData("moving average")]
    [InlineData("online labels")]
    public void A_run_that_is_resumed_within_an_epoch_ends_as_an_unbroken_one(string kind)
    {
        // Three steps an epoch: two batches, two, one.
        var plan = BrokenRun.Plan with { AccumulateSteps = 2 };
        plan = kind switch
        {
            "mixing" => plan with { Mixing = new Mixup() },
            "moving average" => plan with { Objective = _distillation, Teacher = new MovingAverageTeacher { Decay = 0.8 } },
            "online labels" => plan with { Objective = new OnlineLabelSmoothing() },
            _ => plan,
        };
        var (weights, expected) = BrokenRun.Run(plan);
        var kept = plan with { CheckpointDirectory = _directory, CheckpointInterval = new() { Time = TimeSpan.FromTicks(1) } };
        foreach (var steps in new[] { 2, 3 })
            BrokenRun.BreakAfter(steps, kept);
        var messages = new List<string>();
        var (resumed, result) = BrokenRun.Run(kept with { Callbacks = [new BrokenRun.Listener(messages.Add)] });
        Assert.Contains(messages, message => message.StartsWith("Resumed after step 2 of epoch 2 of 3 from '", StringComparison.Ordinal));
        Assert.Equal(weights, resumed);
        Assert.Equal(expected.History.Select(epoch => epoch.TrainingLoss), result.History.Select(epoch => epoch.TrainingLoss));
    }

    [Fact]
    public void Another_number_of_batches_is_another_plan()
    {
        var kept = BrokenRun.Plan with { AccumulateSteps = 2, MaxEpochs = 1, CheckpointDirectory = _directory };
        BrokenRun.Run(kept);
        var message = Assert.Throws<InvalidOperationException>(() => BrokenRun.Run(kept with { AccumulateSteps = 3 })).Message;
        Assert.Contains("is the checkpoint of another run", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_of_one_step_mix_by_different_draws()
    {
        var plan = _plan with { Mixing = new Mixup { Alpha = 1 }, Augmentations = [] };
        var preparation = new BatchPreparation(plan, 4, CPU);
        var rows = PatternSource.Create(16);
        using var scope = NewDisposeScope();
        using var batch = new BatchLoader(rows, 16).ReadInOrder(TestContext.Current.CancellationToken).Single();
        var (first, second) = (preparation.Prepare(batch, 0, new(0, 1, 5), 0), preparation.Prepare(batch, 0, new(0, 1, 5), 1));
        Assert.False(first.Targets.Probabilities.allclose(second.Targets.Probabilities));
    }

    [Fact]
    public void Numbers_below_1_are_refused() => Assert.Equal(
        "AccumulateSteps must be above 0 and finite, but is 0. (Parameter 'AccumulateSteps')\nActual value was 0.",
        Assert.Throws<ArgumentOutOfRangeException>(() => _plan with { AccumulateSteps = 0 }).Message.ReplaceLineEndings("\n"));

    private static void CheckGradients(TrainingPlan plan, IImageSource rows, int batchSize, int batches)
    {
        var (large, small) = (Run(plan, rows), Run(Accumulated(plan, batchSize, batches), rows));
        Near(large.Gradients, small.Gradients);
        Assert.True(Norm(large.Gradients) > 0.1, $"norm {Norm(large.Gradients)}");
        // Rows in parts are no mean of means: the last batch alone has another gradient.
        Assert.True(Distance(large.Gradients, Run(plan with { BatchSize = batchSize }, rows).Gradients) > 100 * Rounding);
    }

    private static TrainingPlan Accumulated(TrainingPlan plan, int batchSize, int batches) =>
        plan with { BatchSize = batchSize, AccumulateSteps = batches };

    private static (float[] Gradients, float[] Weights, TrainingResult Result) Run(TrainingPlan plan, IImageSource rows)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, rows.ClassNames.Count);
        var result = trainer.Run(student, rows);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parameters = student.parameters().ToList();
        // The gradients of the last step are there until the next one clears them.
        return ([.. parameters.SelectMany(parameter => ToArray(parameter.grad!))], [.. parameters.SelectMany(ToArray)], result);
    }

    /// <summary>The rows without every other one of the first class.</summary>
    private static DecodedCache Uneven(DecodedCache source)
    {
        var rows = new DecodedCache(source.Shape, source.ClassNames);
        var pixels = new byte[source.Shape.ByteCount];
        for (var row = 0; row < source.Count; row++)
        {
            source.ReadPixels(row, pixels);
            if (source.GetLabel(row) > 0 || row % 8 == 0)
                rows.Add(pixels, source.GetLabel(row));
        }

        return rows;
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(Distance(expected, actual), 0, Rounding);
    }

    private static double Distance(float[] left, float[] right) => left.Zip(right).Max(pair => Math.Abs((double)pair.First - pair.Second));

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private static float[] ToArray(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
